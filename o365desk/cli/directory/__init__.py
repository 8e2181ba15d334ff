"""The commands about the imported directory."""
