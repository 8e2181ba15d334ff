"""Where things lie: the bundled resources and this user's folders. Imports nothing of ours."""

from functools import cache
from pathlib import Path
from typing import Any

APP = "o365desk"


@cache
def resources() -> Path:
    """The folder of bundled resources: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


@cache
def table(name: str) -> Any:
    """One bundled JSON table by file name, read once. Callers must not change it."""
    import json

    return json.loads((resources() / name).read_text("utf-8"))


def state_folder() -> Path:
    """This machine user's private folder (state, vault, token cache, log); not made here."""
    import platformdirs

    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def default_workspace() -> Path:
    """The workspace used when none is named: a folder that people can find and share."""
    import platformdirs

    return Path(platformdirs.user_documents_dir()) / APP
