"""The data source: its form, its connection test, its sign-in."""
