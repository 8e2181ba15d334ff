"""**Edit conditions**: `dialog.py` is what callers open, `asked.py` what they give it; `editing.py` is the tree
while it is edited, without Qt."""
