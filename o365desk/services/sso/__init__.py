"""Single sign-on: whose account somebody signs in with, what follows from it here, and the way back in."""
