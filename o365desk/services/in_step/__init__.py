"""Groups that are kept in step, and the people of the workspace."""
