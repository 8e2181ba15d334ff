"""This machine's SQLite file."""
