"""Scheduled tasks on the command line: `o365desk schedule` and `o365desk lifetimes`."""
