"""The practice tenant: a local stand-in for Entra ID and Microsoft Graph, spoken to over HTTPS on loopback.

It judges by Microsoft's published permission table, refuses what it does not model, and never invents a success.
"""
