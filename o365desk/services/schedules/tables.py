"""The tables of scheduled tasks in the state file. Every store declares its own before the file is first used; so
this module brings nothing else."""

from o365desk.services.state.database import SchemaStep

STEPS = (
    SchemaStep(
        "0007-schedules",
        (
            """
            CREATE TABLE armed_tasks (
                workspace TEXT NOT NULL, task TEXT NOT NULL, mark TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL,
                passed TEXT NOT NULL, next TEXT NOT NULL DEFAULT '', timed TEXT NOT NULL DEFAULT '',
                held BLOB, PRIMARY KEY (workspace, task)
            )
            """,
            """
            CREATE TABLE task_runs (
                number INTEGER PRIMARY KEY AUTOINCREMENT, workspace TEXT NOT NULL, task TEXT NOT NULL, due TEXT,
                started TEXT NOT NULL, ended TEXT, outcome TEXT NOT NULL, data BLOB NOT NULL,
                UNIQUE (workspace, task, due)
            )
            """,
            "CREATE INDEX task_runs_task ON task_runs (workspace, task, number)",
            """
            CREATE TABLE wakes (
                workspace TEXT NOT NULL, at TEXT NOT NULL, boot TEXT NOT NULL, awake REAL NOT NULL,
                data BLOB NOT NULL
            )
            """,
            "CREATE INDEX wakes_at ON wakes (workspace, at)",
            """
            CREATE TABLE approved_plans (
                workspace TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, data BLOB NOT NULL,
                PRIMARY KEY (workspace, digest)
            )
            """,
        ),
    ),
)
"""See `state.STEPS`."""
