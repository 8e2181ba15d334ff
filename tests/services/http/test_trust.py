"""Whom a connection trusts: read once as long as it is the same, and never longer."""

import ssl
import subprocess
import threading
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import trustme

from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.services.http import trust
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import trusting


def trusted(practice: Any, made: HttpSession | None = None) -> bool:
    """Whether a connection to the practice tenant is trusted, by nothing that a data source names."""
    line = made or HttpSession(Stop())
    try:
        line.start_afresh()
        line.send("GET", practice.ready["login"] + "/")
    except ProblemError as error:
        if error.problem.code != "untrusted":
            raise
        return False
    finally:
        if made is None:
            line.close()
    return True


def test_one_context_serves_all_who_trust_the_same_but_one_at_a_time() -> None:
    ca, other = (trustme.CA().cert_pem.bytes() for _ in range(2))
    with trusting(ca) as first, trusting(ca) as second, trusting(other) as third:
        pass
    assert len({id(first), id(second), id(third)}) == 3
    with trusting(ca) as again, trusting(ca) as meanwhile:
        assert {id(again), id(meanwhile)} == {id(first), id(second)}
    with trusting(other) as again:
        assert again is third
    assert [len(context.get_ca_certs()) for context in (first, third)] == [2, 2]


def test_the_systems_authorities_are_read_once(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", practice.ready["ca_file"])
    made: list[bytes] = []
    context = trust._context

    def counted(ca: bytes, bundle: Any) -> Any:
        made.append(ca)
        return context(ca, bundle)

    monkeypatch.setattr(trust, "_context", counted)
    trust._free.cache_clear()
    assert all(trusted(practice) for _ in range(5))
    assert len(made) == 1


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_file_of_authorities_that_changes_is_seen_also_by_a_session_that_is_open(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    right, wrong = Path(practice.ready["ca_file"]).read_bytes(), trustme.CA().cert_pem.bytes()
    file = tmp_path / "authorities.pem"
    monkeypatch.setenv(variable, str(file))
    with HttpSession(Stop()) as opened:
        for content in (wrong, right, wrong + right, wrong):
            file.write_bytes(content)
            expected = right in content
            assert trusted(practice) is expected
            assert trusted(practice, opened) is expected
        file.unlink()
        assert not trusted(practice)


@pytest.mark.skipif(not which("openssl"), reason="only openssl knows how it calls the files in a folder")
@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_folder_of_authorities_that_changes_is_seen(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    pem, folder = tmp_path / "authority.pem", tmp_path / "folder"
    folder.mkdir()
    pem.write_bytes(Path(practice.ready["ca_file"]).read_bytes())
    hashed = ["openssl", "x509", "-noout", "-hash", "-in", practice.ready["ca_file"]]
    link = folder / f"{subprocess.run(hashed, capture_output=True, text=True, check=True).stdout.strip()}.0"
    monkeypatch.setenv(variable, str(folder))
    assert not trusted(practice)
    link.symlink_to(pem)
    assert trusted(practice)
    trustme.CA().cert_pem.write_to_path(pem)
    assert not trusted(practice), "the link is the same, what it leads to is not"


def test_where_openssl_does_not_look_truststore_does(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import truststore

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    ca = Path(practice.ready["ca_file"]).read_bytes()
    with trusting(ca) as context:
        assert type(context) is truststore.SSLContext
    with HttpSession(Stop(), ca) as made:
        assert made.send("GET", practice.ready["login"] + "/").status_code


def test_what_holds_no_authority_is_told_before_anything_is_sent() -> None:
    with pytest.raises(ssl.SSLError):
        HttpSession(Stop(), b"no certificate")


def test_many_at_once_are_all_answered(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ca = Path(practice.ready["ca_file"]).read_bytes()
    answers: list[int] = []

    def ask() -> None:
        for _ in range(5):
            with HttpSession(Stop(), ca) as made:
                answers.append(made.send("GET", practice.ready["login"] + "/").status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 40
