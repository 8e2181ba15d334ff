"""Licences that are assigned and taken: seats, service plans, and the usage locations that they need."""
