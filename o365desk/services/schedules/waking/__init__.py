"""The operating system's own scheduler, which wakes `o365desk schedule run-due` every five minutes; what is due,
the program decides: no rule is ever translated, and an entry never changes."""
