"""Foreign answers said as what they are: whose page it is, whose host, what Microsoft says, and which proxy."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.values import check
from o365desk.model.datasource import SignIn
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services import explain
from o365desk.services.directory import lookup
from o365desk.services.graph import answers
from o365desk.services.graph.client import Request
from o365desk.services.http.session import HttpSession, proxies_for
from o365desk.services.http.trust import bundle_problem
from o365desk.services.signin import entra
from o365desk.services.writes.changes.licences import service_plans
from o365desk.services.writes.journal import journal
from tests.changes import change_of
from tests.services.scripted import Asked, Said, Scripted

HTML = {"Content-Type": "text/html"}
PAGE = b"<html><head><title>503 Service Unavailable</title></head><body><h2>Our services aren't up</h2></body>"
FILTER = b"<html><title>Access denied</title><body>Blocked by the web filter of Example Corp.</body></html>"
GRAPH = "https://graph.microsoft.com/v1.0/users"


class Answer:
    """An answer as `requests` has it."""

    def __init__(self, url: str, status: int, content: bytes, **headers: str) -> None:
        self.url, self.status_code, self.content = url, status, content
        self.text = content.decode()
        self.headers: dict[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}


def meant(url: str, status: int, content: bytes, **headers: str) -> Problem:
    return answers.problem_of(Answer(url, status, content, **headers))  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("url", [GRAPH, "https://localhost:8443/v1.0/users"])
def test_a_page_with_a_5xx_is_an_outage(url: str, status: int) -> None:
    problem = meant(url, status, PAGE, Content_Type="text/html")
    assert (problem.code, problem.conclusive, problem.action) == (f"HTTP {status}", False, Action.RETRY)
    assert "proxy" not in problem.sentence().lower()
    assert "Our services" in problem.detail


def test_an_outage_with_a_page_is_tried_again(tmp_path: Path) -> None:
    def say(asked: Asked, number: int) -> Said:
        return Said(503, PAGE, HTML | {"Retry-After": "0.01"}) if number < 2 else Said(body={"value": []})

    with Scripted(tmp_path, say) as server, server.line() as line:
        assert server.graph(line).get("/users").body == {"value": []}
        assert len(server.asked) == 3


@pytest.mark.parametrize("content", [b"404 page not found\n", b"Not Found", b'{"message": "no route"}', PAGE])
@pytest.mark.parametrize("status", [404, 405, 410])
def test_what_a_host_of_ones_own_does_not_know_is_the_wrong_host(status: int, content: bytes) -> None:
    problem = meant("https://api.example.com:8443/v1.0/users", status, content)
    assert (problem.code, problem.field, problem.action) == ("wrong-host", "graph", Action.FIELD)
    assert "api.example.com:8443" in problem.title
    assert not problem.conclusive
    # Microsoft's own host is the right one, and Graph's own 404 is an answer.
    assert meant(GRAPH, 404, b"Not Found").code == "HTTP 404"
    graphs = b'{"error": {"code": "Request_ResourceNotFound", "message": "m"}}'
    assert meant("https://api.example.com/v1.0/users", 404, graphs).code == "Request_ResourceNotFound"


def test_a_sign_in_host_that_does_not_know_the_tenants_address_is_the_wrong_one() -> None:
    answer: Any = Answer("https://login.example.com/t/v2.0/.well-known/openid-configuration", 404, b"Not Found")
    for body in (b"Not Found", b'{"detail": "Not Found"}'):
        answer.content, answer.text = body, body.decode()
        with pytest.raises(ProblemError) as caught:
            entra.decode(answer, entra.Refused)
        assert (caught.value.problem.code, caught.value.problem.field) == ("wrong-host", "login")


@pytest.mark.parametrize("body", [b"404 page not found", {"error": {"code": "NotFound", "message": "m"}}])
def test_a_batch_address_that_is_not_there_is_named_and_no_row_is_blamed(tmp_path: Path, body: Any) -> None:
    with Scripted(tmp_path, lambda asked, number: Said(404, body)) as server, server.line() as line:
        wish = Request(method="DELETE", path="/groups/g/members/u/$ref")
        (reply,) = server.graph(line).batch([wish])
        assert reply.problem is not None
        assert reply.problem.code == "no-batch"
        assert "/v1.0/$batch" in reply.problem.cause
        # A member that is not found may be gone already; a batch that is not found says nothing of members.
        assert not explain.may_be_so(change_of("remove-user-from-group"), reply.status, reply.problem)
        told = explain.refused_write(change_of("remove-user-from-group"), reply.status, reply.problem)
        assert told == reply.problem
        assert len(server.asked) == 1


def test_a_proxy_is_blamed_only_where_something_points_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "web filter stands in between" in meant(GRAPH, 200, FILTER, Content_Type="text/html").cause
    assert "proxy" in meant(GRAPH, 403, PAGE, Content_Type="text/html", Via="1.1 proxy7 (squid)").cause
    plain = b"<html><title>Welcome to nginx!</title></html>"
    for url in (GRAPH, "https://api.example.com/v1.0/users"):
        problem = meant(url, 200, plain)
        assert problem.code == "html"
        assert not problem.conclusive
        assert "proxy" not in problem.sentence().lower()
        assert "web filter" not in problem.sentence().lower()
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hidden@proxy.example:3128")
    problem = meant(GRAPH, 200, plain)
    assert "http://proxy.example:3128" in problem.cause
    assert "hidden" not in problem.sentence()


# --- Microsoft's words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["Request_BadRequest", "BadRequest", "", "Unheard"])
def test_a_refusal_with_an_unknown_text_gives_microsofts_words(code: str) -> None:
    said = "The frobnicator 'x' is not allowed for this tenant."
    problem = explain.graph_error(400, {"error": {"code": code, "message": said}}, {})
    assert problem.title.startswith("Microsoft refused")
    assert problem.cause == f"Microsoft says: {said}"
    assert problem.microsoft_says == ""  # not twice
    assert "query" not in problem.sentence()
    assert journal.told(problem).count(said) == 1


def test_microsofts_words_come_with_what_is_known_too() -> None:
    body = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}
    problem = explain.graph_error(403, body, {})
    assert problem.microsoft_says == "Microsoft says: Insufficient privileges."
    answer = {
        "error": "invalid_client",
        "error_codes": [7000215],
        "error_description": "AADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2",
    }
    problem = explain.sign_in_error(answer, SignIn.SECRET)
    assert problem.microsoft_says == "Microsoft says: AADSTS7000215: Invalid client secret provided."
    assert "Trace ID" in problem.detail
    assert explain.sign_in_error({"error": "access_denied"}, SignIn.ADMINISTRATOR).microsoft_says == ""
    assert explain.graph_error(500, None, {}).microsoft_says == ""


def test_a_fault_of_the_service_is_no_refusal_whatever_its_code() -> None:
    problem = explain.graph_error(500, {"error": {"code": "BadRequest", "message": "m"}}, {})
    assert not problem.conclusive
    assert "refused" not in problem.title


DETAILS = [
    {"target": name, "code": "MissingPrefixSuffix", "message": "missing", "prefix": "GRP_", "suffix": "_EU"}
    for name in ("displayName", "mailNickname")
]


@pytest.mark.parametrize(
    ("name", "right"), [("Sales", "GRP_Sales_EU"), ("GRP_Sales", "GRP_Sales_EU"), ("Sales_EU", "GRP_Sales_EU")]
)
def test_the_name_that_the_policy_asks_for_is_offered(name: str, right: str) -> None:
    body = {"error": {"code": "Request_UnprocessableEntity", "message": "Validation errors.", "details": DETAILS}}
    problem = explain.graph_error(422, body, {})
    assert "prefix “GRP_”, suffix “_EU”" in problem.detail
    asked = {"displayName": name, "mailNickname": name.lower()}
    told = explain.refused_write(change_of("create-group"), 422, problem, body, asked)
    assert "naming policy" in told.title
    assert f"name “{right}”" in told.remedy
    assert "Validation errors" in told.microsoft_says


@pytest.mark.parametrize("details", [7, [7, None, {}], [{"target": []}], [{"code": {"a": 1}, "prefix": None}] * 50])
def test_details_that_make_no_sense_are_passed_over(details: object) -> None:
    body = {"error": {"code": "Request_BadRequest", "message": "m", "details": details}}
    problem = explain.graph_error(400, body, {})
    assert problem.detail == "m"
    assert explain.refused_write(change_of("create-group"), 400, problem, body, None) == problem


@pytest.mark.parametrize(
    "operation",
    ["add-user-to-group", "remove-user-from-group", "assign-licence-to-user", "remove-licence-from-user",
     "set-usage-location", "create-group", "delete-group"],
)  # fmt: skip
def test_a_restricted_management_unit_is_told_as_that(operation: str) -> None:
    said = (
        "Insufficient privileges to complete the operation. Target object is a member of a restricted management "
        "administrative unit and can only be modified by administrators scoped to that administrative unit."
    )
    problem = explain.graph_error(403, {"error": {"code": "Authorization_RequestDenied", "message": said}}, {})
    told = explain.refused_write(change_of(operation), 403, problem)
    assert "restricted management" in told.title
    assert "consent" not in told.remedy


# --- the sign-in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [SignIn.SECRET, SignIn.CERTIFICATE])
def test_an_app_is_never_sent_to_a_browser_or_a_device_code(method: SignIn) -> None:
    person = {Action.DEVICE_CODE, Action.BROWSER, Action.AUTHORIZE}
    for code in explain._codes():
        problem = explain.entra_code(code, method)
        assert problem is not None
        assert problem.action not in person, code
    blocked = explain.entra_code(53003, method)
    assert blocked is not None
    assert "device code" not in blocked.sentence()
    assert "service principal" in blocked.remedy


@pytest.mark.parametrize("code", [500014, 530031, 50178, 7000217, 240001, 399284, 700213])
def test_more_codes_are_known(code: int) -> None:
    for method in SignIn:
        problem = explain.sign_in_error({"error": "x", "error_description": f"AADSTS{code}: said"}, method)
        assert "knows no more" not in problem.cause
        assert problem.remedy


# --- searches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["find-users", "find-groups"])
@pytest.mark.parametrize("text", ["R&D", "C# people", "a & b # c"])
def test_words_that_microsoft_cannot_search_for_are_not_sent(operation: str, text: str) -> None:
    item = OPERATIONS[operation]
    (problem,) = check(item, {"search": text, "match": "words"})
    assert problem.field == "search"
    assert "18185" in problem.cause + problem.remedy
    for way in ("", "starts", "equals"):
        assert check(item, {"search": text, "match": way}) == []


# --- proxies and bundles ------------------------------------------------------------------------------------------


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, str], Problem]:
    """What is said of a proxy that answers so, set with this user part."""

    def tried(answer: bytes, user: str) -> Problem:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def speak() -> None:
                with contextlib.suppress(OSError):  # closed meanwhile: nobody came again
                    for _ in range(2):
                        connection, _ = server.accept()
                        with connection:
                            connection.recv(65536)
                            connection.sendall(answer)

            threading.Thread(target=speak, daemon=True).start()
            port = server.getsockname()[1]
            monkeypatch.setenv("HTTPS_PROXY", f"http://{user}127.0.0.1:{port}")
            with HttpSession(Stop(), timeouts=(5, 5)) as line, pytest.raises(ProblemError) as caught:
                line.send("GET", GRAPH)
        problem = caught.value.problem
        assert f"127.0.0.1:{port}" in problem.title
        assert "hidden" not in problem.sentence() + problem.detail
        return problem

    return tried


def _asks(*ways: str) -> bytes:
    offered = "".join(f"Proxy-Authenticate: {way}\r\n" for way in ways)
    return f"HTTP/1.1 407 Proxy Authentication Required\r\n{offered}Content-Length: 0\r\n\r\n".encode()


def test_a_407_is_the_proxys_sign_in(proxy: Callable[[bytes, str], Problem]) -> None:
    basic = _asks('Basic realm="x"', "NTLM")
    problem = proxy(basic, "")
    assert "asks for a sign-in" in problem.title
    assert "HTTPS_PROXY" in problem.remedy
    assert not problem.conclusive
    assert "did not accept user and password" in proxy(basic, "user:hidden@").title
    problem = proxy(_asks("Negotiate", "NTLM"), "user:hidden@")
    assert "Negotiate and NTLM only, which o365desk does not support" in problem.cause
    assert "asks for a sign-in" not in proxy(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "").title


@pytest.mark.parametrize(
    ("value", "code"),
    [("http://", "no-proxy"), ("http://p:x", "no-proxy"), ("ftp://p:1", "no-proxy"), ("http://p:0", "no-proxy"),
     ("http://p:70000", "no-proxy"), ("socks5://p:1080", "socks"), ("SOCKS5H://u:hidden@p:1080", "socks")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_an_address_that_is_none_is_told_by_the_name_of_its_setting(
    name: str, value: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ProblemError) as caught:
        proxies_for(GRAPH)
    problem = caught.value.problem
    assert problem.code == code
    assert name in problem.title + problem.remedy
    assert "hidden" not in problem.sentence()


def test_a_bundle_that_cannot_be_used_is_named(
    practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    for name, why in (
        (tmp_path / "no" / "such", "does not exist"),
        (tmp_path / "none.pem", "holds no certificate"),
    ):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(name))
        assert f"REQUESTS_CA_BUNDLE names “{name}”, which {why}" in bundle_problem()
        with HttpSession(Stop()) as line, pytest.raises(ProblemError) as caught:
            line.send("GET", practice.ready["login"] + "/")
        assert f"REQUESTS_CA_BUNDLE names “{name}”" in caught.value.problem.cause
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", practice.ready["ca_file"])
    assert bundle_problem() == ""


# --- licence plans ------------------------------------------------------------------------------------------------

SERVICES = [
    {"servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0", "servicePlanName": "EXCHANGE_S_ENTERPRISE"},
    {"servicePlanId": "57ff2da0-773e-42df-b2af-ffb7a2317929", "servicePlanName": "TEAMS1"},
    {"servicePlanId": "5dbe027f-2339-4123-9542-606e4d348a72", "servicePlanName": "SHAREPOINTENTERPRISE"},
]


@pytest.mark.parametrize(
    "text",
    ["EFB87545-963C-4E0D-99DF-69C6916D9EB0", "exchange_s_enterprise", "Exchange Online (Plan 2)",
     " exchange  online (PLAN 2)"],
)  # fmt: skip
def test_a_service_plan_is_found_by_id_and_both_its_names(text: str) -> None:
    assert service_plans.meant(text, SERVICES) == {SERVICES[0]["servicePlanId"]}


@pytest.mark.parametrize("text", ["Exchange", "Exchange Online (Plan 1)", "TEAMS"])
def test_what_is_only_like_a_service_plan_is_offered_and_never_taken(text: str) -> None:
    assert service_plans.meant(text, SERVICES) == set()
    problem = service_plans._not_one(text, "Office 365 E3", SERVICES, set())
    nearest = "TEAMS1" if text == "TEAMS" else "EXCHANGE_S_ENTERPRISE (EXCHANGE ONLINE (PLAN 2))"
    assert f"nearest first: {nearest}" in problem.cause
    assert ("Other products have it" in problem.cause) is (text == "Exchange Online (Plan 1)")


def test_a_licence_plan_of_others_is_told_from_one_that_nobody_knows() -> None:
    sku = {"skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900", "skuPartNumber": "ENTERPRISEPACK"}
    mine = lookup.Plans((sku, {"skuId": "f30db892-07e9-47e9-837c-80727f46fd3d", "skuPartNumber": "FLOW_FREE"}))
    for text in ("Office 365 E3", " office  365 e3", "enterprisepack", sku["skuId"].upper()):
        assert mine.find(text).entity == sku
    problem = mine.find("Microsoft 365 E5").problem
    assert problem is not None
    assert "That is Microsoft 365 E5 (SPE_E5), which is none of the tenant's 2 plans" in problem.cause
    problem = mine.find("Ofice 365 E3").problem
    assert problem is not None
    assert "Nearest to it: Office 365 E3 (ENTERPRISEPACK)" in problem.cause
