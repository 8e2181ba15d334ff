"""Imports: rounds of changes read from Graph, laid up page by page, held against the copy, applied."""
