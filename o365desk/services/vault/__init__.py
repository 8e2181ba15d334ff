"""Where secrets lie, and when they are forgotten."""
