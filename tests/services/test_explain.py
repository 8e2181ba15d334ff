"""What foreign errors mean."""

import pytest

from o365desk import paths
from o365desk.model.datasource import FIELDS, SignIn
from o365desk.model.problems import Action
from o365desk.services import explain
from tests.changes import change_of

CODES = [row["code"] for row in paths.table("aadsts.json")["codes"]]


@pytest.mark.parametrize("method", SignIn)
def test_every_known_sign_in_code_becomes_a_problem(method: SignIn) -> None:
    for code in CODES:
        problem = explain.entra_code(code, method)
        assert problem is not None
        assert problem.title
        assert problem.remedy
        assert problem.code == f"AADSTS{code}"
        assert problem.field in ("", *FIELDS)
        if problem.action is Action.FIELD:
            assert problem.field, code
        if not method.delegated:
            assert problem.action is not Action.AUTHORIZE, code


def test_every_known_graph_code_becomes_a_problem() -> None:
    table = paths.table("graph-errors.json")
    for code in table["codes"]:
        problem = explain.graph_error(400, {"error": {"code": code, "message": "as it came"}}, {})
        assert (problem.code, problem.detail) == (code, "as it came")
        assert problem.title
        assert problem.remedy
    for status in table["statuses"]:
        problem = explain.graph_error(int(status), None, {"request-id": "r"})
        assert (problem.code, problem.request_id) == (f"HTTP {status}", "r")


def nested(levels: int, key: str = "innerError") -> dict[str, object]:
    body: dict[str, object] = {}
    for _ in range(levels):
        body = {key: body}
    return body


@pytest.mark.parametrize(
    "body",
    [
        "text", ["error"], 7, {"error": None}, {"error": []}, {"error": ["a"]}, {"error": 7}, nested(3000, "error"),
        {"error": nested(3000)}, {"error": {"code": ["a"], "message": {"value": {}}}}, {"error": {"innerError": 7}},
        {"error": {"code": nested(3000), "message": nested(3000), "innererror": {"request-id": nested(3000)}}},
    ],
)  # fmt: skip
def test_an_error_that_makes_no_sense_is_told_by_its_status(body: object) -> None:
    problem = explain.graph_error(418, body, {"request-id": "r"})
    assert (problem.code, problem.detail, problem.request_id) == ("HTTP 418", "", "r")


def test_a_pasted_text_that_is_nested_without_end_is_not_known() -> None:
    assert explain.explain("[" * 100_000) is None


def test_an_endless_message_is_cut() -> None:
    problem = explain.graph_error(400, {"error": {"code": "c" * 10**6, "message": "m" * 10**6}}, {})
    assert len(problem.code + problem.detail) < 10_000


def test_the_field_follows_the_way_of_signing_in() -> None:
    fields = {}
    for method in SignIn:
        problem = explain.entra_code(7000215, method)
        assert problem
        fields[method] = problem.field
    assert fields == {SignIn.SECRET: "secret", SignIn.CERTIFICATE: "certificate", SignIn.ADMINISTRATOR: "signIn"}


def test_an_unknown_sign_in_error_is_shown_as_it_came() -> None:
    answer = {"error": "brand_new", "error_description": "AADSTS999999: something new", "error_codes": [999999]}
    problem = explain.sign_in_error(answer, SignIn.SECRET)
    assert problem.code == "AADSTS999999"
    assert problem.detail == "AADSTS999999: something new"
    assert "brand_new" in problem.cause


@pytest.mark.parametrize(
    ("body", "code", "message", "request_id"),
    [
        ({"error": {"code": "A", "message": "m", "innerError": {"request-id": "1"}}}, "A", "m", "1"),
        ({"error": {"code": "A", "innererror": {"code": "B", "innerError": {"code": "C"}}}}, "C", "", "h"),
        ({"error": {"code": "TooManyRequests", "innerError": {"code": "429"}}}, "TooManyRequests", "", "h"),
        ({"odata.error": {"code": "Old", "message": {"lang": "en", "value": "old form"}}}, "Old", "old form", "h"),
        ({"Error": {"Code": "", "Message": "no code"}}, "HTTP 418", "no code", "h"),
        ({"error": "text", "error_description": "of OAuth"}, "HTTP 418", "of OAuth", "h"),
        (["a list"], "HTTP 418", "", "h"),
        (None, "HTTP 418", "", "h"),
    ],
)
def test_every_form_of_an_error_body_is_read(body: object, code: str, message: str, request_id: str) -> None:
    problem = explain.graph_error(418, body, {"request-id": "h"})
    assert (problem.code, problem.detail, problem.request_id) == (code, message, request_id)


def test_details_are_masked() -> None:
    problem = explain.sign_in_error({"error": "x", "error_description": "client_secret=abcdef"}, SignIn.SECRET)
    assert "abcdef" not in problem.detail


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AADSTS7000222", "AADSTS7000222"),
        (" 50011 ", "AADSTS50011"),
        ("Sorry … AADSTS65001: The user or administrator has not consented", "AADSTS65001"),
        ("Authorization_RequestDenied", "Authorization_RequestDenied"),
        ('{"error": {"code": "Directory_ExpiredPageToken"}}', "Directory_ExpiredPageToken"),
        ('{"error": {"code": "Unheard", "message": "m"}}', "Unheard"),
    ],
)
def test_a_pasted_text_is_explained(text: str, code: str) -> None:
    problem = explain.explain(text)
    assert problem is not None
    assert problem.code == code


@pytest.mark.parametrize("text", ["", "hello", "12", "[1]", '{"a": 1}', "AADSTS123"])
def test_what_is_no_error_is_not_explained(text: str) -> None:
    assert explain.explain(text) is None


@pytest.mark.parametrize(
    ("operation", "status", "said", "title", "already"),
    [
        ("assign-licence-to-user", 400, "service plan A conflicts with service plan B", "excludes one", False),
        ("assign-licence-to-user", 400, "plans A,B are mutually exclusive", "excludes one", False),
        ("add-user-to-group", 400, "One or more added object references already exist for …", "already", True),
        ("remove-user-from-group", 404, "Resource 'x' does not exist", "does not find", True),
        ("remove-licence-from-user", 400, "User does not have a corresponding license.", "not have", True),
        ("add-user-to-group", 404, "Resource 'x' does not exist", "does not find", False),
    ],
)
def test_a_refusal_of_a_row_is_explained_and_may_mean_that_it_is_so(
    operation: str, status: int, said: str, title: str, already: bool
) -> None:
    body = {
        "error": {"code": "Request_BadRequest" if status == 400 else "Request_ResourceNotFound", "message": said}
    }
    problem = explain.graph_error(status, body, {})
    assert title in explain.refused_write(change_of(operation), status, problem).title
    assert explain.may_be_so(change_of(operation), status, problem) is already
