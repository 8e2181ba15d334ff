"""Changes as plan, run, account and undo."""
