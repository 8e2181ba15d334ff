"""Editing a scheduled task, and what wakes this computer for one."""
