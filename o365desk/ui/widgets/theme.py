"""Colours, type and icons: one table of tokens per theme; palette, style sheet and icons are made from it."""

import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from string import Template
from types import MappingProxyType

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette, QPixmap, QPixmapCache, QStyleHints
from PySide6.QtWidgets import QApplication

from o365desk import paths

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "text": "#1c2130",
        "dim": "#575d6e",
        "line": "#dee1e9",
        "control": "#7f8597",
        "card": "#ffffff",
        "page": "#f4f5f9",
        "side": "#e9ebf2",
        "field": "#ffffff",
        "hover": "#eef0f6",
        "accent": "#3949ab",
        "accent_hover": "#303f9f",
        "accent_soft": "#dfe4f7",
        "accent_text": "#ffffff",
        "go": "#2e7d32",
        "go_hover": "#256a29",
        "go_text": "#ffffff",
        "good": "#1b6b2c",
        "good_soft": "#e3f3e6",
        "warn": "#815000",
        "warn_soft": "#fff1d9",
        "bad": "#b3261e",
        "bad_soft": "#fdeae8",
        "info": "#24569b",
        "info_soft": "#e5eefa",
        "focus": "#3949ab",
        "disabled": "#70768a",
        "disabled_soft": "#e4e6ee",
        "neutral_soft": "#e6e8f0",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "text": "#e8eaf2",
        "dim": "#a6abbb",
        "line": "#2f3443",
        "control": "#787f93",
        "card": "#1d212c",
        "page": "#14171f",
        "side": "#191c26",
        "field": "#161a23",
        "hover": "#262b38",
        "accent": "#8c9eff",
        "accent_hover": "#a3b1ff",
        "accent_soft": "#2a3155",
        "accent_text": "#12151d",
        "go": "#7cc584",
        "go_hover": "#92d399",
        "go_text": "#12151d",
        "good": "#86d191",
        "good_soft": "#1c3224",
        "warn": "#f0bf63",
        "warn_soft": "#3a2d14",
        "bad": "#f5938c",
        "bad_soft": "#402023",
        "info": "#8fbdf5",
        "info_soft": "#1b2d45",
        "focus": "#a3b1ff",
        "disabled": "#7d8496",
        "disabled_soft": "#262b38",
        "neutral_soft": "#2b3040",
    }
)
LIGHT_CONTRAST: Mapping[str, str] = MappingProxyType(
    {
        **LIGHT,
        **dict.fromkeys(("text", "dim", "line", "control", "info"), "#000000"),
        **dict.fromkeys(("card", "page", "side", "field"), "#ffffff"),
        **dict.fromkeys(("good_soft", "warn_soft", "bad_soft", "info_soft", "neutral_soft"), "#ffffff"),
        "accent": "#00218c",
        "accent_hover": "#001253",
        "focus": "#00218c",
        "go": "#0b4a12",
        "go_hover": "#063009",
        "good": "#0b4a12",
        "warn": "#523300",
        "bad": "#8c0d06",
        "disabled": "#50555f",
    }
)
DARK_CONTRAST: Mapping[str, str] = MappingProxyType(
    {
        **DARK,
        **dict.fromkeys(("text", "dim", "line", "control", "info"), "#ffffff"),
        **dict.fromkeys(("card", "page", "side", "field"), "#000000"),
        **dict.fromkeys(("good_soft", "warn_soft", "bad_soft", "info_soft", "neutral_soft"), "#000000"),
        **dict.fromkeys(("accent_text", "go_text"), "#000000"),
        "accent": "#b8c4ff",
        "accent_hover": "#dde3ff",
        "accent_soft": "#1d2a6b",
        "focus": "#ffe066",
        "good": "#a5f0b0",
        "warn": "#ffd98a",
        "bad": "#ffb8b3",
        "disabled": "#a3a9b8",
    }
)
"""For people who asked their system for more contrast."""

_QSS_ICONS = {
    "icon_check": ("check", "accent_text"),
    "icon_check_fixed": ("check", "dim"),
    "icon_check_disabled": ("check", "disabled"),
    "icon_dash": ("dash", "accent_text"),
    "icon_dot": ("dot", "accent_text"),
    "icon_dot_disabled": ("dot", "disabled"),
    "icon_menu_check": ("check", "text"),
    "icon_down": ("chevron-down", "dim"),
    "icon_up": ("chevron-up", "dim"),
    "icon_right": ("chevron-right", "dim"),
    "icon_left": ("chevron-left", "dim"),
}
FUSION = "o365desk-fusion"
"""A property of the QApplication that was begun with the Fusion style: setting it again is slow."""

_LEVELS = ("good", "info", "warn", "bad")
_PALETTE = {
    QPalette.ColorRole.Window: "page",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "field",
    QPalette.ColorRole.AlternateBase: "hover",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "dim",
    QPalette.ColorRole.Button: "card",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "bad",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accent_text",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "card",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Light: "card",
    QPalette.ColorRole.Midlight: "line",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "control",
    QPalette.ColorRole.Shadow: "line",
}


class Theme(QObject):
    """The look of the moment. `changed` follows when the system turns light, dark or high contrast."""

    changed = Signal()

    def __init__(self, app: QApplication, scheme: str | None = None, contrast: bool | None = None) -> None:
        """`scheme` pins "light" or "dark", `contrast` whether it is the high one; None follows the system."""
        super().__init__(app)
        self._app = app
        hints = app.styleHints()
        self._dark = scheme == "dark" if scheme else hints.colorScheme() == Qt.ColorScheme.Dark
        self._high = _asks_for_contrast(hints) if contrast is None else contrast
        self._folder = Path(tempfile.mkdtemp(prefix="o365desk-icons-"))
        self._drawings: dict[str, bytes] = {}
        self._files: dict[tuple[str, str], str] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._tidy = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.tokens: Mapping[str, str] = LIGHT
        if not app.property(FUSION):
            app.setStyle("Fusion")
        self._apply()
        if scheme is None:
            hints.colorSchemeChanged.connect(self._scheme_changed)
        if contrast is None and hasattr(hints, "accessibility"):  # since Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self._contrast_changed)

    @property
    def dark(self) -> bool:
        """Whether the theme in force is the dark one."""
        return self._dark

    def color(self, role: str) -> QColor:
        """The colour of a role."""
        return QColor(self.tokens[role])

    def icon(self, name: str, role: str = "text") -> QIcon:
        """An icon of resources/icons in a role's colour; drawn as vectors, so crisp at any scale. All that show it
        share it, and what was drawn of it."""
        drawn, disabled = self._file(name, role), self._file(name, "disabled")
        icon = self._icons.get((drawn, disabled))
        if icon is None:
            icon = self._icons[drawn, disabled] = QIcon(drawn)
            if role != "disabled":
                icon.addFile(disabled, QSize(), QIcon.Mode.Disabled)
        return icon

    def pixmap(self, name: str, size: int, role: str = "text") -> QPixmap:
        """The same as a square picture of `size` device-independent pixels."""
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
        file = self._file(name, role)
        key = f"{file} {size} {ratio}"
        picture = QPixmap()
        if not QPixmapCache.find(key, picture):
            # To draw it takes as long as the rest of a row.
            picture = QIcon(file).pixmap(QSize(size, size), ratio)
            QPixmapCache.insert(key, picture)
        return picture

    def app_icon(self) -> QIcon:
        """The program's own icon, in its own colours."""
        return QIcon(str(paths.resources() / "icons" / "app.svg"))

    def _file(self, name: str, role: str) -> str:
        """A recoloured copy of an icon; named by its colour, so that no cache mixes two themes up."""
        color = self.tokens[role]
        file = self._files.get((name, color))
        if file is None:
            if name not in self._drawings:
                self._drawings[name] = (paths.resources() / "icons" / f"{name}.svg").read_bytes()
            path = self._folder / f"{name}-{color[1:]}.svg"
            path.write_bytes(self._drawings[name].replace(b"currentColor", color.encode()))
            file = self._files[name, color] = path.as_posix()
        return file

    def _scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self._dark = scheme == Qt.ColorScheme.Dark
        self._apply()

    def _contrast_changed(self, preference: object) -> None:
        self._high = _is_high(preference)
        self._apply()

    def _apply(self) -> None:
        ordinary, high = (DARK, DARK_CONTRAST) if self._dark else (LIGHT, LIGHT_CONTRAST)
        self.tokens = high if self._high else ordinary
        self._app.setPalette(self._palette())
        self._app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, token in _PALETTE.items():
            palette.setColor(role, self.color(token))
        off = QPalette.ColorGroup.Disabled
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(off, role, self.color("disabled"))
        return palette

    def _style_sheet(self) -> str:
        base = self._app.font().pointSizeF()
        sizes = {
            "size_title": f"{base * 1.65:.1f}pt",
            "size_section": f"{base * 1.12:.1f}pt",
            "size_text": f"{base:.1f}pt",
            "size_small": f"{base * 0.9:.1f}pt",
        }
        edges = {f"{level}_edge": self.tokens[level if self._high else f"{level}_soft"] for level in _LEVELS}
        icons = {key: self._file(*icon) for key, icon in _QSS_ICONS.items()}
        text = (paths.resources() / "o365desk.qss").read_text("utf-8")
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        return Template(text).substitute(self.tokens, **sizes, **edges, **icons)


def _asks_for_contrast(hints: QStyleHints) -> bool:
    """Whether the system says that it should be high; Qt tells since 6.10."""
    if not hasattr(hints, "accessibility"):
        return False
    return _is_high(hints.accessibility().contrastPreference())


def _is_high(preference: object) -> bool:
    return preference == Qt.ContrastPreference.HighContrast
