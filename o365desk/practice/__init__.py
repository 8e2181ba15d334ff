"""The practice tenant: a local Entra ID and Microsoft Graph over HTTPS."""
