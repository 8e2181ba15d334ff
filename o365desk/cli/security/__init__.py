"""The commands about secrets, roles, partners, and who may do what."""
