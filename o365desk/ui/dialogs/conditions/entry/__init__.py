"""What is typed into a row of conditions: values by their type, with what they may be."""
