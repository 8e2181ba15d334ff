"""Files of any sort read into one grid of texts."""
