"""What an imported directory is: what was chosen, what an import found and did. No I/O."""
