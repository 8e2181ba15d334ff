"""The imported copy of one tenant: users, groups, memberships, and what changed between imports."""
