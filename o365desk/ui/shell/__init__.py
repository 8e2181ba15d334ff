"""The window around the pages: menus, palette, status bar, help."""
