"""The tables of the activity log in the state file. They are declared before the file is first used; so this module
brings nothing else."""

from o365desk.services.state.database import SchemaStep

STEPS = (
    SchemaStep(
        "0008-activity",
        (
            """
            CREATE TABLE activity (
                number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
                source TEXT NOT NULL, run TEXT NOT NULL, workspace TEXT NOT NULL, settles INTEGER NOT NULL,
                data TEXT NOT NULL, hash BLOB NOT NULL
            )
            """,
            "CREATE INDEX activity_at ON activity (at)",
            "CREATE INDEX activity_settles ON activity (settles) WHERE settles > 0",
            """
            CREATE VIRTUAL TABLE activity_words USING fts5 (
                words, keys, detail = column, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
            )
            """,
        ),
    ),
)
"""See `state.STEPS`. The second table is an index for searching, made of the first; the chain is in that alone."""
