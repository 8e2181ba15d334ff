"""The data sources of the workspace: list, a new one, the recycle bin."""
