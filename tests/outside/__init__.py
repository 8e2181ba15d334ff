"""Clients and OpenID providers that we did not write, on loopback."""
