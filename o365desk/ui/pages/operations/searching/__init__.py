"""What a read is asked besides its fields: conditions, and searches that are saved under a name."""
