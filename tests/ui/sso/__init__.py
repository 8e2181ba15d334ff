"""Single sign-on through the window."""
