"""Tasks on a schedule: what is due, running it, waking for it, and what ends by itself."""
