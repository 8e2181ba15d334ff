"""Where the browser is sent: to the data source's sign-in host and to Microsoft's own pages, and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from o365desk.app import App, build, now
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.services.addresses import for_browser
from tests.services.scripted import Asked, Said, Scripted

OWN = new("Own", cloud="custom", login="https://login.example.com:8443", graph="https://graph.example.com")
WORLD = new("World", cloud="global")
CHINA = new("China", cloud="china")

GOOD = [
    (OWN, "https://login.example.com:8443/t/oauth2/v2.0/authorize?a=b&redirect_uri=http%3A%2F%2Flocalhost%3A1"),
    (OWN, "https://LOGIN.example.com:8443"),
    (OWN.replace(login="https://[::1]:8443/"), "https://[::1]:8443/x"),
    (OWN.replace(login="https://login.example.com"), "https://login.example.com:443/x"),
    (WORLD, "https://login.microsoftonline.com/t/oauth2/v2.0/authorize?x=1"),
    (WORLD, "https://login.microsoft.com/device"),
    (WORLD, "https://microsoft.com/devicelogin"),
    (WORLD, "https://www.microsoft.com/devicelogin"),
    (WORLD, "https://aka.ms/devicelogin"),
    (new(cloud="usgov"), "https://microsoft.com/deviceloginus"),
    (CHINA, "https://microsoft.com/deviceloginchina"),
    (CHINA, "https://login.microsoftonline.cn/device"),
    (CHINA, "https://login.partner.microsoftonline.cn/t/v2.0/adminconsent?client_id=x"),
]

HOSTILE = [
    "file:///etc/passwd",
    "ms-msdt:/id PCWDiagnostic",
    "javascript:alert(1)",
    "data:text/html,x",
    "search-ms:query=x",
    "--new-window",
    "-https://login.example.com:8443/",
    "",
    None,
    5,
    ["https://login.example.com:8443/"],
    "http://login.example.com:8443/",
    "//login.example.com:8443/",
    "login.example.com:8443",
    "https:login.example.com:8443",
    "https:/login.example.com:8443/",
    "https:///login.example.com:8443/",
    "https://login.example.com/",
    "https://login.example.com:443/",
    "https://login.example.com:84430/",
    "https://login.example.com:/",
    "https://login.example.com:8443.evil.example/",
    "https://login.example.com.evil.example:8443/",
    "https://evil.example/login.example.com:8443",
    "https://login.example.com:8443@evil.example/",
    "https://user@login.example.com:8443/",
    "https://user:password@login.example.com:8443/",
    "https://evil.example#@login.example.com:8443/",
    "https://evil.example\\@login.example.com:8443/",
    "https://login.example.com:8443\\@evil.example/",
    "https:\\\\login.example.com:8443\\",
    "https://login.example.com:8443/\\..\\x",
    " https://login.example.com:8443/",
    "https://login.example.com:8443/ --option",
    "https://login.example.com:8443/\n",
    "https://login.example.com:8443/\r\nx",
    "https://login.example.com:8443/\0",
    "https://login.example.com:8443/\t",
    "https://login.example.com:8443/\u2028",
    "https://login.example.com:8443/\u202e",
    "https://login.example.com:8443/é",
    "https://login.example.com:8443/\"'><",
    "https://login.example.com:8443/`x`",
    "https://login.exаmple.com:8443/",  # a Cyrillic letter
    "https://login。example.com:8443/",
    "https://login.example.com\u200b:8443/",
    "https://login.example.com:８443/",
    "https://%6cogin.example.com:8443/",
    "https://login.example.com:8443/" + "x" * 9_000,
    "https://login.microsoftonline.com/",
    "https://microsoft.com/devicelogin",
]


@pytest.mark.parametrize(("source", "address"), GOOD)
def test_the_sign_in_host_and_microsofts_pages_are_opened(source: DataSource, address: str) -> None:
    assert for_browser(address, source) == address


@pytest.mark.parametrize("address", HOSTILE)
def test_nothing_else_is_opened(address: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        for_browser(address, OWN)
    problem = caught.value.problem
    assert (problem.code, problem.field) == ("foreign-address", "login")
    assert problem.sentence().isprintable()
    assert "password" not in problem.sentence()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.microsoft.com/devicelogin",
        "https://microsoft.com/devicelogin/../en-us",
        "https://microsoft.com/en-us",
        "https://microsoft.com:444/devicelogin",
        "https://aka.ms/anything",
        "https://login.microsoft.com:8443/device",
        "https://login.microsoftonline.com.evil.example/",
        "https://outlook.live.com/",
    ],
)
def test_nor_is_another_page_of_microsofts_hosts(address: str) -> None:
    with pytest.raises(ProblemError, match="Nothing was opened"):
        for_browser(address, WORLD)


def test_a_source_whose_own_addresses_are_no_good_opens_nothing() -> None:
    for login in ("", "file:///etc", "https://user:pw@host", "javascript:x", "https://a b"):
        with pytest.raises(ProblemError):
            for_browser(f"{login}/t/v2.0/adminconsent", OWN.replace(login=login))
    with pytest.raises(ProblemError):
        for_browser("https://login.example.com/", OWN.replace(cloud="unheard-of"))


class Opened(list[str]):
    """A browser that is never there."""

    def open(self, address: str) -> bool:
        self.append(address)
        return True


@pytest.mark.parametrize("device_code", [False, True])
@pytest.mark.parametrize(
    "page", ["file:///etc/passwd", "ms-msdt:/id", "-h", "https://evil.example/", "{root}@evil/"]
)
def test_what_an_answer_names_is_not_opened_nor_told(tmp_path: Path, page: str, device_code: bool) -> None:
    opened = Opened()
    told: list[object] = []

    def script(asked: Asked, number: int) -> Said:
        root = server.root
        named = page.format(root=root)
        if asked.path.endswith("openid-configuration"):
            return Said(
                body={
                    "issuer": f"{root}/{TENANT}/v2.0",
                    "authorization_endpoint": f"{root}/a" if device_code else named,
                    "token_endpoint": f"{root}/t",
                    "jwks_uri": f"{root}/k",
                    "device_authorization_endpoint": f"{root}/d",
                }
            )
        code = {"user_code": "ABC", "device_code": "x", "expires_in": 900, "interval": 5}
        return Said(body={**code, "verification_uri": named})

    with Scripted(tmp_path, script) as server:
        app = _app(tmp_path, opened)
        source = new(
            "Evil", cloud="custom", login=server.root, graph=server.root, ca_file=server.ca_file,
            tenant=TENANT, client_id=TENANT.replace("1", "2"), sign_in=SignIn.ADMINISTRATOR,
        )  # fmt: skip
        with pytest.raises(ProblemError) as caught:
            app.connections.authorise(source, Stop(), told.append, device_code=device_code)
        app.close()
    assert caught.value.problem.code == "foreign-address"
    assert opened == told == []


TENANT = "11111111-1111-1111-1111-111111111111"


def _app(folder: Path, opened: Opened) -> App:
    return build(
        folder / "workspace", state_folder=folder / "state", open_browser=opened.open, session_only=True, clock=now
    )
