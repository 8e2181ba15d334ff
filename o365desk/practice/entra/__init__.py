"""The sign-in service: pages, tokens, client credentials."""
