"""One table over rows and columns, for every list of the program."""
