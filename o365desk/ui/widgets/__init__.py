"""What pages are made of: banners, tiles, labels, colours."""
