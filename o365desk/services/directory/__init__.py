"""Who and what of the tenant is meant, and what may be changed of it."""
