"""Microsoft Graph: addresses, permissions, batches, throttling."""
