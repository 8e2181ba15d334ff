"""What is planned, sent and done, on the disk before it happens."""
