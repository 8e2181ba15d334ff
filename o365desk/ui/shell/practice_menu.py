"""The Practice menu: the trainer's switches in plain words, so that each failure can be rehearsed."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu

from o365desk.practice_process import Practice
from o365desk.ui.context import Context

Switch = Mapping[str, Any]
_PROFILES = {
    "users-only": "App “users only”",
    "read": "App “read”",
    "read-write": "App “read and write”",
    "no-consent": "App “no consent”",
    "sso": "App “single sign-on”",
}
_DAYS = (
    "People join, move, marry and leave, groups and licences change; tokens, secrets and what is in the recycle "
    "bin grow older. The clock of this computer stays as it is."
)
_PEOPLE = (
    ("joined", "joined"), ("moved", "moved"), ("renamed", "renamed"), ("disabled", "disabled"),
    ("deleted", "deleted"), ("purged", "deleted for good"), ("restored", "restored"),
    ("licences", "changes of licences"),
)  # fmt: skip
_GROUPS = ("created", "renamed", "deleted", "purged", "restored")


class PracticeMenu(QObject):
    """Fills the menu from `practice.switches()`, read in a worker. `open_client` names the client ID of the open
    data source: switches that are kept per app then act on its app, else there is a submenu per app."""

    def __init__(self, menu: QMenu, practice: Practice, context: Context, open_client: Callable[[], str]) -> None:
        super().__init__(menu)
        self._menu, self._practice, self._context = menu, practice, context
        self._open_client = open_client
        self._switches: list[Switch] = []
        self._built_for = ""
        menu.aboutToShow.connect(self._about_to_show)
        self._build()
        self.refresh()

    def refresh(self) -> None:
        """Reads the switches in a worker, then builds the menu anew."""
        self._context.tasks.run(
            "Asking the practice tenant",
            lambda stop, tell: self._practice.switches(),
            self._got,
            self._context.notices.problem,
            owner=self,
            quiet=True,
        )

    def _about_to_show(self) -> None:
        if self._built_for != self._open_client():
            self._build()
        if not self._switches:
            self.refresh()

    def _got(self, switches: list[dict[str, Any]]) -> None:
        self._switches = list(switches)
        self._build()

    # --- building -------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._built_for = self._open_client()
        self._menu.clear()
        groups: dict[str, QMenu] = {}
        for switch in self._switches:
            group = str(switch["group"])
            if group not in groups:
                groups[group] = self._submenu(self._menu, group)
            self._add(groups[group], switch)
        if not self._switches:
            self._menu.addAction("Asking the practice tenant…").setEnabled(False)
        self._menu.addSeparator()
        self._do(self._menu, "Let a &day pass", lambda: self._pass_days(1, "A day"), _DAYS)
        self._do(self._menu, "Let a &week pass", lambda: self._pass_days(7, "A week"), _DAYS)
        self._do(self._menu, "Everything back to &normal", self._reset)
        self._menu.addSeparator()
        self._do(self._menu, "Copy administrator’s &user name", lambda: self._copy("username", "user name"))
        self._do(self._menu, "Copy administrator’s &password", lambda: self._copy("password", "password"))

    def _add(self, menu: QMenu, switch: Switch) -> None:
        if not switch.get("per_app"):
            self._add_one(menu, switch, switch["value"], "")
            return
        apps: Mapping[str, Any] = switch.get("apps", {})
        own = self._profile()
        if own in apps:
            self._add_one(menu, switch, apps[own], own)
            return
        inner = self._submenu(menu, str(switch["title"]), str(switch["explanation"]))
        for profile, value in apps.items():
            self._add_one(inner, {**switch, "title": _PROFILES.get(profile, profile)}, value, profile)

    def _add_one(self, menu: QMenu, switch: Switch, value: Any, profile: str) -> None:
        title, tip = str(switch["title"]), str(switch.get("explanation", ""))
        if switch["kind"] == "toggle":
            action = self._do(menu, title, lambda: self._set(switch, not value, profile), tip)
            action.setCheckable(True)
            action.setChecked(bool(value))
        elif switch["kind"] == "choice":
            inner = self._submenu(menu, title, tip)
            group = QActionGroup(inner)
            for choice in switch["choices"]:
                pick = str(choice["title"])
                action = self._do(inner, pick, partial(self._set, switch, choice["value"], profile), tip)
                action.setCheckable(True)
                action.setChecked(choice["value"] == value)
                group.addAction(action)
        else:
            self._do(menu, f"{title}: {value:g}…", lambda: self._ask_number(switch, value, profile), tip)

    def _submenu(self, menu: QMenu, title: str, tip: str = "") -> QMenu:
        inner = menu.addMenu(title.replace("&", "&&"))
        inner.setToolTipsVisible(True)
        inner.menuAction().setToolTip(tip or title)
        return inner

    def _do(self, menu: QMenu, title: str, does: Callable[[], object], tip: str = "") -> QAction:
        action = menu.addAction(title)
        action.setToolTip(tip or title.replace("&", ""))
        action.triggered.connect(lambda _=False: does())
        return action

    # --- doing ----------------------------------------------------------------------------------------------

    def _profile(self) -> str:
        """The practice app of the open data source; "" where none is open or it is another one."""
        client, apps = self._open_client(), self._practice.ready.get("apps", {})
        return next((name for name, app in apps.items() if client and app.get("client_id") == client), "")

    def _set(self, switch: Switch, value: Any, profile: str) -> None:
        self._context.tasks.run(
            "Changing the practice tenant",
            lambda stop, tell: self._practice.set(str(switch["key"]), value, profile),
            lambda _: self._changed(switch, value, profile),
            self._failed,
            owner=self,
        )

    def _changed(self, switch: Switch, value: Any, profile: str) -> None:
        original = next((each for each in self._switches if each["key"] == switch["key"]), switch)
        told = f"Practice tenant: {original['title']}: {_words(original, value)}"
        where = f", for the app “{profile}”" if profile else ""
        self._context.notices.say("info", told + where, str(original.get("explanation", "")))
        self.refresh()

    def _ask_number(self, switch: Switch, value: float, profile: str) -> None:
        least, most = float(switch.get("least", -1e9)), float(switch.get("most", 1e9))
        places = 0 if float(value).is_integer() else 1
        number, given = QInputDialog.getDouble(
            self._menu.window(), "Practice tenant", f"{switch['title']}:", float(value), least, most, places
        )
        if given:
            self._set(switch, number, profile)

    def _pass_days(self, days: int, words: str) -> None:
        def done(told: dict[str, Any]) -> None:
            self._context.notices.say(
                "good", f"Practice tenant: {words.lower()} has passed: {_happened(told)}", _DAYS
            )
            self.refresh()

        self._context.tasks.run(
            f"{words} passes in the practice tenant",
            lambda stop, tell: self._practice.pass_days(days),
            done,
            self._failed,
            owner=self,
        )

    def _reset(self) -> None:
        def done(_: None) -> None:
            self._context.notices.say("good", "The practice tenant is back to normal")
            self.refresh()

        self._context.tasks.run(
            "Changing the practice tenant",
            lambda stop, tell: self._practice.reset(),
            done,
            self._failed,
            owner=self,
        )

    def _failed(self, problem: Any) -> None:
        self._context.notices.problem(problem)
        self.refresh()

    def _copy(self, key: str, words: str) -> None:
        QGuiApplication.clipboard().setText(str(self._practice.ready["admin"][key]))
        self._context.notices.say("good", f"The practice administrator’s {words} is on the clipboard")


def _happened(told: Mapping[str, Any]) -> str:
    """What changed while days passed, in numbers."""
    users, groups = told["users"], told["groups"]
    counts = [(words, len(users.get(name, ()))) for name, words in _PEOPLE]
    counts.append(("changes of members", len(groups["members_added"]) + len(groups["members_removed"])))
    counts.append(("changes of groups", sum(len(groups[name]) for name in _GROUPS)))
    return ", ".join(f"{count:,} {words}" for words, count in counts if count) or "nothing changed"


def _words(switch: Switch, value: Any) -> str:
    """A value in the switch's own words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    titles = {choice["value"]: str(choice["title"]) for choice in switch.get("choices", ())}
    return titles.get(value) or f"{value:g}"
