"""Single sign-on in the window: signing in before it opens, its settings, and who works here."""
