"""Kept tokens: what one program writes another reads, and nobody's lock outlives its process."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.services.signin.token_cache import TokenCaches
from o365desk.services.vault.vault import Vault

HOLDER = """
import sys, time
from pathlib import Path
from o365desk import files
with files.Lock(Path(sys.argv[1]), "It")():
    print("held", flush=True)
    time.sleep(600)
"""
TOKEN = "RefreshToken"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path)
    made.unlock(Secret("correct horse"))
    return made


@pytest.fixture
def caches(tmp_path: Path, vault: Vault) -> TokenCaches:
    return TokenCaches(tmp_path / "tokens", vault)


@pytest.fixture
def holder(tmp_path: Path, caches: TokenCaches) -> Iterator["subprocess.Popen[str]"]:
    """Another program that holds the lock of the data source "a"."""
    caches.replace("a", "{}")
    words = [sys.executable, "-c", HOLDER, str(tmp_path / "tokens" / "a.bin.lockfile")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def tokens(cache: Any) -> list[str]:
    return sorted(token["secret"] for token in cache.search(TOKEN))


def add(cache: Any, secret: str) -> None:
    token = {"home_account_id": secret, "secret": secret, "target": "s", "credential_type": TOKEN}
    cache.modify(TOKEN, token, token)


def test_what_one_program_writes_another_reads_before_it_searches_or_changes(
    tmp_path: Path, vault: Vault, caches: TokenCaches
) -> None:
    one, other = caches.open("a"), TokenCaches(tmp_path / "tokens", vault).open("a")
    assert tokens(one) == tokens(other) == []
    add(one, "first")
    assert tokens(other) == ["first"]
    add(one, "second")
    add(other, "third")
    assert tokens(one) == tokens(caches.open("a")) == ["first", "second", "third"]
    assert tokens(caches.open("b")) == []
    assert not any(b"first" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    caches.replace("a", "{}")
    assert tokens(one) == []


def test_a_program_that_does_not_let_go_is_a_problem_and_no_verdict(
    tmp_path: Path, vault: Vault, holder: Any
) -> None:
    caches = TokenCaches(tmp_path / "tokens", vault, seconds=0.2)
    acts: tuple[Callable[[], object], ...] = (
        lambda: add(caches.open("a"), "mine"),
        lambda: caches.replace("a", "{}"),
    )
    for act in acts:
        with pytest.raises(ProblemError) as caught, caches.translated():
            act()
        assert caught.value.problem.code == "token-cache"
        assert not caught.value.problem.conclusive
    assert tokens(caches.open("a")) == [], "reading waits for nobody"


def test_a_program_that_is_killed_lets_go(tmp_path: Path, vault: Vault, holder: Any) -> None:
    holder.kill()
    holder.wait()
    caches = TokenCaches(tmp_path / "tokens", vault, seconds=0.0)  # nobody is waited for
    add(caches.open("a"), "mine")
    assert tokens(caches.open("a")) == ["mine"]


def test_what_cannot_be_opened_counts_as_nothing_once(
    tmp_path: Path, caches: TokenCaches, expected_warning: Any
) -> None:
    add(caches.open("a"), "lost")
    (tmp_path / "tokens" / "a.bin").write_bytes(b"damaged beyond repair")
    expected_warning("A token cache cannot be opened")
    cache = caches.open("a")
    assert tokens(cache) == []
    add(cache, "new")
    assert tokens(caches.open("a")) == ["new"]
