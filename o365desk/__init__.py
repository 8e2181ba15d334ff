"""o365desk: set up, prove and use an Office 365 data connector from your desktop."""

__version__ = "0.1.0"
