"""Somebody who signs in at an outside provider by plain HTTP requests, as far as its pages go."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests

from tests.practice.entra.browser import Browser, Page, arrive, returned


def pages(ready: Mapping[str, Any], url: str, password: str = "", consent: bool = True) -> requests.Response:
    """Opens an authorize address, signs in and consents or gives up; the last answer of the provider: the way back
    to the app, or a page that refuses. `password` is the right one unless given."""
    browser = Browser(str(ready["ca_file"]))
    answer = browser.open(url)
    for _ in range(12):
        if answer.is_redirect:
            there = urljoin(answer.url, answer.headers["Location"])
            if not there.startswith(f"{ready['login']}/"):
                return answer
            answer = browser.open(there)
            continue
        page = Page(answer.text)
        form = page.forms[0] if page.forms else None
        if form is None or answer.status_code != 200 or returned(answer):
            return answer
        form.action = form.action or answer.url
        if "password" in form.fields:
            typed = password or ready["password"]
            answer = browser.submit(answer.url, form, username=ready["username"], password=typed)
        else:
            answer = browser.submit(answer.url, form, answer="accept" if consent else "cancel")
    raise AssertionError("the pages go round in circles")


def back(ready: Mapping[str, Any], url: str, consent: bool = True) -> dict[str, str]:
    """What the app would get back, without sending it."""
    return returned(pages(ready, url, consent=consent))


def sign_in(ready: Mapping[str, Any], url: str, password: str = "", consent: bool = True) -> requests.Response:
    """Signs in, and takes the last step back to the app's own listener; its answer, or the page that refuses."""
    return arrive(Browser(str(ready["ca_file"])), pages(ready, url, password, consent))
