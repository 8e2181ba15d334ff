"""Doing, with no screen."""
