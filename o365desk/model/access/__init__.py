"""Who works here, who has which role, who is a partner, and what a data source's **Security** sets."""
