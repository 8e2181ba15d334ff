"""What there is: frozen data and pure rules. Imports nothing of ours."""
