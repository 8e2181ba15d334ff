"""What changes groups, users and licences, and what is refused."""
