"""Commands carried out in this process, with what they said."""

import io
import json
import sys
from typing import Any

import pytest

from o365desk.cli import main

PASSPHRASE = "correct horse battery staple"


class Shell:
    """Runs commands and keeps what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ready: Any) -> None:
        self._capsys, self._monkeypatch, self.ready = capsys, monkeypatch, ready
        self.out = self.err = ""

    def __call__(self, *words: str, given: str = "") -> int:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        code = main(words)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        """What a command printed as JSON."""
        assert self(*words, "--json") == code, self.err
        return json.loads(self.out)

    def add(self, name: str = "Contoso", profile: str = "read", *more: str) -> None:
        """Adds a data source for an app of the practice tenant."""
        ready = self.ready
        where = ("--login", ready["login"], "--graph", ready["graph"], "--ca-file", ready["ca_file"])
        app = ("--tenant", ready["tenant"], "--client-id", ready["apps"][profile]["client_id"])
        assert self("sources", "add", name, "--cloud", "custom", *where, *app, *more) == 0, self.err

    def able(self, profile: str = "read-write", *more: str) -> None:
        """Adds one that signs in with its secret and may write."""
        self.add("Contoso", profile, "--sign-in", "secret", "--read-write", *more)
        assert self("secret", "set", "Contoso", "--stdin", given=self.ready["apps"][profile]["secret"]) == 0
