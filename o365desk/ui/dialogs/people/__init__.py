"""**Roles and partners**: who has which role in the workspace, and which companies are partners."""
