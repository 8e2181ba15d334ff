"""Users, groups and licences, and how they change."""
