"""Something between us and the practice tenant that answers single items of a `$batch` in its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from o365desk.services.graph.client import Graph

Item = dict[str, Any]
Meddle = Callable[[Item], "tuple[int, str] | None"]
"""Given an item that is to be sent, the status and error code to answer with; None lets it through."""


def meddle(monkeypatch: pytest.MonkeyPatch, judge: Meddle) -> list[Item]:
    """Lets `judge` answer items; what it answers never arrives. Returns the list of those, which grows."""
    post = Graph._post_batch
    kept: list[Item] = []

    def meddled(graph: Graph, body: Any, claims: str | None) -> requests.Response:
        said = {item["id"]: answer for item in body["requests"] if (answer := judge(item))}
        kept.extend(item for item in body["requests"] if item["id"] in said)
        through = [item for item in body["requests"] if item["id"] not in said]
        response = post(graph, {"requests": through}, claims) if through else _empty()
        answers = json.loads(response.content)["responses"]
        for key, (status, code) in said.items():
            error = {"code": code, "message": f"{code}, said the meddler."}
            answers.append({"id": key, "status": status, "headers": {}, "body": {"error": error}})
        response._content = json.dumps({"responses": answers}).encode()
        return response

    monkeypatch.setattr(Graph, "_post_batch", meddled)
    return kept


def meddle_once_after(monkeypatch: pytest.MonkeyPatch, concerns: Callable[[Item], bool], status: int) -> None:
    """The first batch with items that `concerns` is carried out, and these are answered with a status anyway."""
    post, left = Graph._post_batch, [1]

    def meddled(graph: Graph, body: Any, claims: str | None) -> requests.Response:
        response = post(graph, body, claims)
        concerned = {item["id"] for item in body["requests"] if concerns(item)}
        if not (concerned and left):
            return response
        left.pop()
        answers = json.loads(response.content)["responses"]
        for answer in answers:
            if answer["id"] in concerned:
                answer |= {"status": status, "headers": {"Retry-After": "0.2"}, "body": {"error": {"code": "said"}}}
        response._content = json.dumps({"responses": answers}).encode()
        return response

    monkeypatch.setattr(Graph, "_post_batch", meddled)


def _empty() -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = 200, b'{"responses": []}'
    return response
