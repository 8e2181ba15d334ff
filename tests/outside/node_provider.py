"""Node's oidc-provider in a process of its own. `make test` installs it where there is node; see the Makefile."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.outside.provider import BARE_CLIENT, CLIENT, PERSON, TENANT, certificates, ready

_ROOT = Path(__file__).resolve().parents[2]
INSTALLED = _ROOT / ".venv" / "node"
_OLDEST = 20
_SCRIPT = Path(__file__).with_name("node") / "provider.mjs"


def missing() -> str:
    """Why it cannot be started; "" if it can."""
    if not shutil.which("node"):
        return "There is no node."
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < _OLDEST:
        return f"Node {version} is older than {_OLDEST}."
    if not (INSTALLED / "node_modules" / "oidc-provider").is_dir():
        return "oidc-provider is not installed: `make test` does it where there is npm."
    return ""


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """How to reach it, while it serves. `folder` takes its certificate."""
    ca, chain, key = certificates(folder)
    given = {
        "folder": str(INSTALLED), "chain": str(chain), "key": str(key), "tenant": TENANT, "client_id": CLIENT,
        "bare_client_id": BARE_CLIENT, "sub": PERSON.sub, "username": PERSON.username,
        "password": PERSON.password, "person": PERSON.claims, "mapped": PERSON.mapped,
    }  # fmt: skip
    with (folder / "node.log").open("wb") as log:
        process = subprocess.Popen(
            ["node", str(_SCRIPT), json.dumps(given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        with process:  # closing its input ends it
            assert process.stdout
            line = process.stdout.readline()
            assert line, (folder / "node.log").read_text()
            try:
                yield ready(json.loads(line)["login"], ca)
            finally:
                assert process.stdin
                process.stdin.close()
