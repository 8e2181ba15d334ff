"""The sign-in service's answers, spoilt in every way: a problem like any other, nothing concluded, no traceback."""

import base64
import http.client
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from o365desk.app import App, build, now
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Waiting
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from o365desk.services.signin import msal_sign_in
from o365desk.services.signin.approvals import BLANK, Admitted
from o365desk.services.signin.credentials import Credential
from o365desk.services.signin.entra import claims_of
from o365desk.services.signin.msal_sign_in import SignIns, Token
from o365desk.services.vault.vault import Vault
from tests.driven import Driven
from tests.services.scripted import Asked, Said, Scripted
from tests.torture import FULL

TIMES = 10 if FULL else 1

pytestmark = [
    pytest.mark.timeout(3000 if FULL else 120),
    *([pytest.mark.torture] if FULL else []),
    # MSAL looks at the clock on the wall, and would have us wait between two looks.
    pytest.mark.filterwarnings("ignore:Attempted too soon"),
]

TENANT, CLIENT, OTHER = (f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for digit in "123")
SECRET = Credential(secret=Secret("a secret of nobody"))
ROLES = ["User.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All", "Group.Read.All"]

# Texts that are no address, numbers that are no time, and what is nothing at all.
NONSENSE: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 10**30, "", "null", "NaN", "-1", "inf", "1e400", "\0", "\x1b[2J", "²", "😀", [],
    {}, [None], [[]], {"a": None}, [{"error": 1}], "x" * 10_000, "https://[", "https://", "https://h:99999/x",
    "javascript:alert(1)", "file:///etc/passwd", "-x", "//h/x", "https://a b/x", json.loads("[" * 600 + "]" * 600),
]  # fmt: skip

BODIES = [
    b"", b"null", b"[]", b'"text"', b"7", b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b"NaN", b"[" * 100_000,
    b'{"a":' * 100_000, b'{"error": null}', b'{"access_token": NaN}', b'{"error": "\\ud800"}',
    b"<!doctype html><title>Proxy</title>",
    b'{"expires_in": ' + b"9" * 5000 + b"}", b"{}" * 2, '{"error": "x"}'.encode("utf-16"),
]  # fmt: skip

HEADERS = [
    ("Content-Encoding", "gzip"), ("Content-Encoding", "br"), ("Content-Encoding", "gzip, gzip"),
    ("Content-Type", "application/json; charset=undefined"), ("Content-Type", "text/html; charset=idna"),
    ("Content-Type", ""), ("Location", "http://["), ("Location", "\t"), ("Retry-After", "inf"),
    ("Set-Cookie", "a=b"), ("WWW-Authenticate", 'Bearer claims="x'),
    ("Date", "Fri, 31 Dec 99999999999 23:59:59 GMT"),
]  # fmt: skip

NESTED = b'{"a":' + b"[" * 100_000

STATUSES = [0, 201, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503]


def jwt(claims: Any) -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", dumped(claims), b"s"))


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


class Service:
    """A sign-in service, and a Graph that has little. Its `number`-th answer (from 0) passes through `mutate`."""

    def __init__(self) -> None:
        self.root = ""
        self.mutate: Callable[[Said], Said] | None = None
        self.number = self.answered = 0
        self.nonce = ""
        self.refuses = False
        self.roles = ROLES

    def script(self, asked: Asked, _: int) -> Said:
        said = self._answer(asked)
        if "/v1.0/" in asked.path:
            return said
        number, self.answered = self.answered, self.answered + 1
        if self.mutate and number == self.number:
            said = self.mutate(said)
        said.body = dumped(packed(said.body)) if not isinstance(said.body, bytes) else said.body
        return said

    def _answer(self, asked: Asked) -> Said:
        path = urlsplit(asked.path).path
        if "/v1.0/" in path:
            row = {
                "id": TENANT,
                "displayName": "Contoso",
                "verifiedDomains": [],
                "skuId": OTHER,
                "skuPartNumber": "X",
                "consumedUnits": 1,
                "prepaidUnits": {"enabled": 1},
                "userPrincipalName": "a@b.c",
            }
            return (
                Said(body={"value": [row], "@odata.count": 1}) if "Bearer" in str(asked.headers) else Said(401, {})
            )
        if path.endswith("openid-configuration"):
            return Said(body=self._discovery())
        if path.endswith("/authorize"):
            return Said(400, b"AADSTS50011: not registered", {"Content-Type": "text/html"})
        if path.endswith("/devicecode"):
            return Said(body=self._device())
        return self._token(asked)

    def _discovery(self) -> dict[str, Any]:
        at = f"{self.root}/{TENANT}"
        return {
            "issuer": f"{at}/v2.0",
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{at}/discovery/v2.0/keys",
            "msgraph_host": urlsplit(self.root).netloc,
            "tenant_region_scope": "EU",
        }

    def _device(self) -> dict[str, Any]:
        page = f"{self.root}/common/oauth2/deviceauth"
        return {
            "device_code": "GAAA",
            "user_code": "ABCD",
            "verification_uri": page,
            "expires_in": 900,
            "interval": 5,
        }

    def _token(self, asked: Asked) -> Said:
        grant = parse_qs(asked.body)["grant_type"][0]
        if self.refuses or (grant.endswith("device_code") and self.answered < 4):
            code, error = (7000215, "invalid_client") if self.refuses else (70016, "authorization_pending")
            body = {
                "error": error,
                "error_description": f"AADSTS{code}: said",
                "error_codes": [code],
                "trace_id": "t",
            }
            return Said(401 if self.refuses else 400, body)
        claims: dict[str, Any] = {"tid": TENANT, "aud": "graph", "exp": 2**31}
        tokens: dict[str, Any] = {"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600}
        if grant == "client_credentials":
            return Said(body=tokens | {"access_token": claims | {"roles": self.roles}})
        person = claims | {"sub": "s", "oid": "o", "preferred_username": "a@contoso.com", "nonce": self.nonce}
        return Said(
            body=tokens
            | {
                "access_token": claims | {"scp": " ".join(ROLES), "wids": ["w"], "upn": "a@contoso.com"},
                "refresh_token": "0.AAAA",
                "id_token": person,
                "client_info": {"uid": "o", "utid": TENANT},
                "scope": " ".join(ROLES),
            }
        )


def packed(body: Any) -> Any:
    """The same with the tokens' claims as tokens."""
    if not isinstance(body, dict):
        return body
    tokens = {name: jwt(body[name]) for name in ("access_token", "id_token") if isinstance(body.get(name), dict)}
    if isinstance(body.get("client_info"), dict):
        tokens["client_info"] = base64.urlsafe_b64encode(dumped(body["client_info"])).decode().rstrip("=")
    return body | tokens


def mutation(dice: random.Random) -> Callable[[Said], Said]:
    """One way to spoil an answer; the same for the same dice."""
    kind = dice.choices(["value", "body", "cut", "header", "status"], [12, 3, 1, 2, 1])[0]

    def mutate(said: Said) -> Said:
        if kind == "value" and isinstance(said.body, dict):
            inside = said.body
            name = dice.choice(list(inside))
            if isinstance(inside[name], dict) and dice.random() < 0.7:
                inside[name] = inside = dict(inside[name])
                name = dice.choice(list(inside))
            if dice.random() < 0.15:
                del inside[name]
            else:
                inside[name] = dice.choice(NONSENSE)
        elif kind == "body":
            said.body = dice.choice(BODIES)
        elif kind == "cut":
            data = said.body if isinstance(said.body, bytes) else dumped(packed(said.body))
            said.body = data[: dice.randrange(len(data))]
        elif kind == "header":
            name, value = dice.choice(HEADERS)
            said.headers[name] = value
        else:
            said.status = dice.choice(STATUSES)
        return said

    return mutate


SAID_SO = {"other-tenant", "missing-permission"}
"""What a well formed answer says: that a token is for another tenant, or carries fewer permissions."""


class Fuzz:
    """An operation is tried again and again, each time with another answer spoilt."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service = Service()
        self.server = Scripted(folder, self.service.script)
        self.service.root = self.server.root
        self.time = datetime(2026, 6, 1, tzinfo=UTC)
        self.folder = folder
        self.vault = Vault(folder, session_only=True)
        self.sign_ins = SignIns(
            self.vault, folder / "tokens", self.clock, self.browse, (5.0, 5.0), Timing(consent_look=0.0)
        )
        # A small store of trust: the system's takes longer to load than all the rest.
        monkeypatch.setenv("SSL_CERT_FILE", self.server.ca_file)
        self.pace = Driven(waited=self.forward)

    def clock(self) -> datetime:
        self.forward(20)
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def browse(self, url: str) -> bool:
        """Stands in for the browser of somebody who signs in at once."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if "response_mode" in query:
            self.service.nonce = query["nonce"]
            host = urlsplit(query["redirect_uri"]).netloc
            connection = http.client.HTTPConnection(host, timeout=5)
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/", urlencode({"code": "c", "state": query["state"]}), form)
            connection.getresponse().read()
            connection.close()
        return True

    def source(self, sign_in: SignIn = SignIn.SECRET) -> DataSource:
        at = self.server.root
        return new(
            "Contoso HR", cloud="practice", login=at, graph=at, ca_file=self.server.ca_file, tenant=TENANT,
            client_id=CLIENT, sign_in=sign_in,
        )  # fmt: skip

    def admitted(self, source: DataSource) -> Admitted:
        return Admitted(source, read_ca(self.server.ca_file))

    def line(self, source: DataSource) -> HttpSession:
        return self.sign_ins.line(self.admitted(source), Stop(self.pace))

    def run(self, times: int, answers: int, work: Callable[[], object], may_say: set[str] = SAID_SO) -> int:
        """Tries; returns how often it went well all the same. `answers`: how many are needed if none is spoilt."""
        well = 0
        self._tried(None, work)
        assert self.service.answered == answers
        for number in range(times * TIMES):
            dice = random.Random(f"{work.__name__} {number}")
            self.service.number = dice.randrange(answers)
            problem = self._tried(mutation(dice), work)
            well += problem is None
            if problem is not None:
                known = not problem.problem.conclusive or problem.problem.code in may_say
                assert known, (number, problem.problem)
                assert "Traceback" not in problem.problem.detail
        return well

    def _tried(self, mutate: Callable[[Said], Said] | None, work: Callable[[], object]) -> ProblemError | None:
        self.service.mutate, self.service.answered = mutate, 0
        try:
            work()
        except ProblemError as error:
            return error
        return None


@pytest.fixture
def fuzz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fuzz]:
    made = Fuzz(tmp_path, monkeypatch)
    with made.server:
        yield made


def fits(token: Token) -> None:
    """What came of it is what its types say."""
    assert token.tenant in (TENANT, "") or len(token.tenant) > 0
    assert all(
        isinstance(item, str) for item in (*token.granted, *token.directory_roles, token.account, *token.scopes)
    )
    assert isinstance(token.delegated, bool)
    assert token.expires.tzinfo


def test_tokens_of_an_application(fuzz: Fuzz) -> None:
    source = fuzz.source()
    with fuzz.line(source) as line:

        def application() -> None:
            fits(fuzz.sign_ins.token(source, line, SECRET))

        assert fuzz.run(450, 2, application) > 20


def test_refusals(fuzz: Fuzz) -> None:
    """A refusal stays one, or becomes unreadable; another refusal is never made of it."""
    source, fuzz.service.refuses = fuzz.source(), True
    with fuzz.line(source) as line:

        def refusal() -> None:
            fuzz.sign_ins.token(source, line, SECRET)

        said = {"AADSTS7000215", "", *(item for item in NONSENSE if isinstance(item, str))}
        assert fuzz.run(150, 2, refusal, said) == 0


def test_renewal_in_silence(fuzz: Fuzz) -> None:
    source = fuzz.source(SignIn.ADMINISTRATOR)
    fuzz.sign_ins.sign_in(fuzz.admitted(source), Stop(fuzz.pace), lambda _: None, lambda: None)
    kept = fuzz.sign_ins._caches.open(source.id).serialize()
    with fuzz.line(source) as line:

        def renewal() -> None:
            fuzz.sign_ins._caches.replace(source.id, kept)
            fits(fuzz.sign_ins.token(source, line, SECRET, renew=True))

        assert fuzz.run(250, 2, renewal) > 10


@pytest.mark.parametrize("device_code", [False, True])
def test_an_administrators_sign_in(fuzz: Fuzz, device_code: bool) -> None:
    source = fuzz.source(SignIn.ADMINISTRATOR)
    told: list[Waiting] = []

    def sign_in() -> None:
        done = fuzz.sign_ins.sign_in(
            fuzz.admitted(source), Stop(fuzz.pace), told.append, lambda: None, device_code=device_code
        )
        assert done.tenant == TENANT
        assert isinstance(done.account, str)
        fuzz.sign_ins.forget(source.id)

    # A nonce that is another's, and a code that has not been used yet.
    said = SAID_SO | {"other-sign-in", "AADSTS70016"}
    assert fuzz.run(*((150, 5) if device_code else (100, 3)), sign_in, said) > 10
    assert all(item.url.startswith(f"{fuzz.server.root}/") and item.url.isprintable() for item in told)


def test_discovery(fuzz: Fuzz) -> None:
    source = fuzz.source()
    with fuzz.line(source) as line:

        def discovery() -> None:
            document = msal_sign_in.discover(source, line)
            assert msal_sign_in.tenant_id(document) in (TENANT, "")

        assert fuzz.run(250, 1, discovery) > 20


def test_consent_that_is_waited_for(fuzz: Fuzz) -> None:
    source = fuzz.source()

    def consent() -> None:
        fuzz.service.roles = []

        def tell(_: Waiting) -> None:
            fuzz.service.roles = ROLES

        assert fuzz.sign_ins.consent(fuzz.admitted(source), Stop(fuzz.pace), tell, SECRET).tenant == TENANT

    assert fuzz.run(40, 5, consent) > 10


def test_the_redirect_address(fuzz: Fuzz) -> None:
    source = fuzz.source()
    with fuzz.line(source) as line:

        def redirect() -> None:
            registered, _ = msal_sign_in.redirect_registered(source, line)
            assert registered is not True

        assert fuzz.run(100, 1, redirect) > 20


def test_the_connection_test(fuzz: Fuzz) -> None:
    """A spoilt answer leaves it not proven, or succeeding; a mistake of ours would be logged, which fails this."""
    app: App = build(
        fuzz.folder / "workspace",
        state_folder=fuzz.folder / "state",
        clock=now,
        session_only=True,
        timeouts=(5.0, 5.0),
    )
    source = fuzz.source()
    outcomes = set()

    def connection() -> None:
        report = app.connections.test(source, Stop(), lambda _: None, credential=SECRET, opened=BLANK)
        failed = [step for step in report.steps if step.outcome == "failed"]
        assert all(step.problem and step.problem.code in SAID_SO for step in failed), failed
        outcomes.add(report.outcome)

    fuzz.run(50, 4, connection)
    app.close()
    assert {"succeeded", "not proven"} <= outcomes


@pytest.mark.parametrize(
    "claims", [{"roles": "x"}, {"wids": [1]}, {"scp": ["x"]}, {"tid": {}}, {"roles": None, "tid": 7}]
)
def test_claims_of_another_type_are_not_read(claims: dict[str, Any]) -> None:
    assert claims_of(jwt(claims)) == {}


def test_claims_nested_without_end_are_not_read() -> None:
    assert claims_of(f"e30.{base64.urlsafe_b64encode(NESTED).decode()}.s") == {}
    assert claims_of(jwt({"tid": TENANT, "roles": None})) == {"tid": TENANT}
