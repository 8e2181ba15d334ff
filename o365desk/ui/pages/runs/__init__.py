"""Plans, runs and their list."""
