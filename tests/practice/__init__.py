"""The practice tenant, tried only from outside: over HTTPS."""
