"""What a read looks for beside its fields: conditions, and searches that were saved."""
