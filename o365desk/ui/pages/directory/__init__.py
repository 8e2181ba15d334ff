"""The imported directory: who is there, what changed, and the import itself."""
