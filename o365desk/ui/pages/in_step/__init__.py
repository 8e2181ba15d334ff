"""Groups in step, and the people of the workspace."""
