"""When a task is to run, what it is, and how it went. No I/O, no calendar: `services/schedules/` expands the
rules."""
