"""What there is to know about each sort of change."""
