"""One way to send a request."""
