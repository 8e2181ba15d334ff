"""A small browser: follows the practice tenant's pages as a person would, without script."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests


@dataclass
class Form:
    """One form of a page: where it goes, its fields, its buttons as (name, value, text)."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a page says and which forms it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.title = ""
        self.text = ""
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collects forms, fields and buttons."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get")))
        elif tag == "input" and self.forms:
            target = self.forms[-1].boxes if values.get("type") == "checkbox" else self.forms[-1].fields
            target[values.get("name", "")] = values.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append((values.get("name", ""), values.get("value", ""), ""))
        if tag not in ("input", "meta", "link", "hr", "br"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes what is open."""
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Collects title and text."""
        if self._inside[-1:] == ["title"]:
            self.title += data
        elif self._inside[-1:] not in (["style"], ["script"]):
            self.text += data

    def form_with(self, name: str) -> Form | None:
        """The first form that has a field of this name."""
        return next((form for form in self.forms if name in form.fields), None)

    def form_answering(self, value: str) -> Form | None:
        """The first form that has a button of this value."""
        return next((form for form in self.forms if any(button[1] == value for button in form.buttons)), None)


class Browser:
    """Opens addresses, keeps cookies, fills in pages."""

    def __init__(self, verify: str) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self._verify = verify

    def open(self, url: str) -> requests.Response:
        """Gets an address, without following a redirect: it leads back to an app."""
        return self.session.get(url, verify=self._verify, allow_redirects=False)

    def submit(self, base: str, form: Form, **values: str) -> requests.Response:
        """Submits a form with some values filled in."""
        address = urljoin(base, form.action)
        data = form.fields | values
        return self.session.post(address, data=data, verify=self._verify, allow_redirects=False)

    def sign_in(
        self, answer: requests.Response, username: str, password: str, consent: bool, everybody: bool = False
    ) -> requests.Response:
        """Fills in page after page until there is none to fill in. See the module's sign_in."""
        for _ in range(8):
            if "text/html" not in answer.headers.get("Content-Type", "") or answer.status_code != 200:
                return answer
            page = Page(answer.text)
            if "AADSTS" in page.text and page.form_with("password"):
                return answer  # the sign-in page refused the account
            if picker := page.form_with("password"):
                answer = self.submit(answer.url, picker, username=username, password=password)
            elif factor := page.form_answering("approve"):
                answer = self.submit(answer.url, factor, answer="approve")
            elif question := page.form_answering("accept"):
                more = {"everybody": "1"} if everybody else {}
                answer = self.submit(answer.url, question, answer="accept" if consent else "cancel", **more)
            elif approval := page.form_answering("return"):
                answer = self.submit(answer.url, approval, answer="return")
            else:
                return answer
        raise AssertionError("the pages go round in circles")


def sign_in(url: str, username: str, password: str, verify: str, consent: bool = True) -> requests.Response:
    """Opens an authorize, device or admin consent address and signs in; consents or declines when asked.

    Returns the loopback server's answer when the pages lead back to an app (by form_post or by redirect), else the
    last page: of a refusal, or of a device sign-in that is done.
    """
    browser = Browser(verify)
    return arrive(browser, browser.sign_in(browser.open(url), username, password, consent))


def arrive(browser: Browser, answer: requests.Response) -> requests.Response:
    """Takes the last step back to the app: submits the form_post or follows the redirect."""
    if answer.is_redirect:
        return browser.session.get(answer.headers["Location"], timeout=20)
    page = Page(answer.text) if "text/html" in answer.headers.get("Content-Type", "") else None
    if page and len(page.forms) == 1 and urlsplit(page.forms[0].action).scheme == "http":
        return browser.session.post(page.forms[0].action, data=page.forms[0].fields, timeout=20)
    return answer


def returned(answer: requests.Response) -> dict[str, str]:
    """What the pages would send back to the app, without sending it: of a form_post or a redirect; else {}."""
    if answer.is_redirect:
        parts = urlsplit(answer.headers["Location"])
        return dict(parse_qsl(parts.query or parts.fragment))
    page = Page(answer.text)
    if len(page.forms) == 1 and urlsplit(page.forms[0].action).scheme == "http":
        return page.forms[0].fields
    return {}
