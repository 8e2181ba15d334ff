"""Texts for people and machines: what is shown of them, how counts and times read, how shells quote."""
