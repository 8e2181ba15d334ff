"""The table of steps, running it, verdicts, the report."""
