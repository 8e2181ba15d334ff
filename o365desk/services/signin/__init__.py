"""Tokens: MSAL, credentials, the listener, the cache, renewing, and whom a secret may go to."""
