"""**Security settings** (`settings.py`) and **View as…** (`view_as.py`): they show what `services/access/` decides,
and decide nothing themselves."""
