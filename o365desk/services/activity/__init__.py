"""The activity log: who did what, as a chain that shows when it was touched."""
