"""Files that people share: versions, conflicts, recycle bin."""
