"""Lists and objects: queries, pages, expansions."""
