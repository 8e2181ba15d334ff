"""Nothing that opens anything gets through the mask."""

import base64
import json
import logging
import secrets
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.log import MaskingFormatter, mask
from tests.names import HOSTILE, hidden, short


def a_token() -> str:
    parts = [json.dumps({"alg": "RS256"}), json.dumps({"scp": "User.Read"}), secrets.token_hex(40)]
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "form",
    [
        "Authorization: Bearer {}",
        "{{'Authorization': 'Bearer {}'}}",
        '{{"access_token": "{}"}}',
        "refresh_token={}&grant_type=refresh_token",
        "client_secret={}",
        "{{'client_secret': '{}'}}",
        "client_assertion={}&x=1",
        "http://localhost:5000/?code={}&state=1",
        "password={}",
        '"passphrase":"{}"',
        "device_code={}",
        "code_verifier: {}",
    ],
)
def test_named_values_are_masked(form: str) -> None:
    value = secrets.token_urlsafe(30)
    assert value not in mask(form.format(value))
    assert form.format("")[:6] == mask(form.format(value))[:6]


def test_tokens_secrets_and_keys_are_masked_wherever_they_stand() -> None:
    token, secret = a_token(), "aB1" + "8Q~" + secrets.token_hex(17)
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nabc\n-----END PRIVATE KEY-----"
    text = mask(f"see {token} and {secret} and {key} there")
    assert text == "see ••• and ••• and ••• there"


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


def test_ordinary_texts_stay() -> None:
    text = "AADSTS7000215: Invalid client secret provided. Trace ID: 0000-11 https://graph.microsoft.com/v1.0/users?$top=1"
    assert mask(text) == text


def test_the_log_masks_arguments_and_tracebacks() -> None:
    token = a_token()
    try:
        raise ValueError(f"Bearer {token}")
    except ValueError:
        record = logging.makeLogRecord(
            {"msg": "sent %s", "args": (token,), "exc_info": __import__("sys").exc_info()}
        )
    text = MaskingFormatter("%(message)s").format(record)
    assert token not in text
    assert "ValueError" in text


def test_the_password_of_an_address_is_masked() -> None:
    assert mask("through http://user:hidden@proxy.example:3128 now") == "through http://•••@proxy.example:3128 now"
    assert (
        mask("see https://graph.microsoft.com:443/v1.0/users?a=b@c")
        == "see https://graph.microsoft.com:443/v1.0/users?a=b@c"
    )


@pytest.mark.parametrize("name", HOSTILE, ids=short)
def test_no_text_can_pass_for_a_record_of_its_own(name: str) -> None:
    forged = f"{name}\n2026-05-12 09:30:00 INFO o365desk [1] all is well\r\n{name}"
    try:
        raise ValueError(forged)
    except ValueError:
        record = logging.LogRecord("o365desk", logging.ERROR, "", 1, "about %s", (forged,), sys.exc_info())
    lines = MaskingFormatter("%(levelname)s %(message)s").format(record).split("\n")
    assert lines[0].startswith("ERROR about ")
    assert all(line.startswith("    ") for line in lines[1:])
    assert hidden("".join(lines).replace("\t", "")) == []
