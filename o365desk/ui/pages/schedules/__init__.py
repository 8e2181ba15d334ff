"""Tasks on a schedule: the list, the history of one, and what ends by itself."""
