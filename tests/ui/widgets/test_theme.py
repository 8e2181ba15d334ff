"""Colours keep their distance, the theme follows the system, icons are drawn in their colours."""

import re
import string

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QCheckBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from o365desk import paths
from o365desk.ui.widgets import theme as themes
from o365desk.ui.widgets.theme import Theme

ALL = {
    "light": themes.LIGHT,
    "dark": themes.DARK,
    "light, high contrast": themes.LIGHT_CONTRAST,
    "dark, high contrast": themes.DARK_CONTRAST,
}
GROUNDS = ("card", "page", "side", "field", "hover", "accent_soft")
TEXTS = [
    *[(text, ground) for text in ("text", "dim", "accent") for ground in GROUNDS],
    *[(level, ground) for level in ("good", "warn", "bad") for ground in (*GROUNDS, f"{level}_soft")],
    *[("text", f"{level}_soft") for level in ("good", "warn", "bad", "info", "neutral")],
    *[("accent", f"{level}_soft") for level in ("good", "warn", "bad", "info")],
    *[("info", ground) for ground in ("card", "page", "info_soft")],
    ("accent_text", "accent"),
    ("accent_text", "accent_hover"),
    ("go_text", "go"),
    ("go_text", "go_hover"),
]
SHAPES = [
    *[("control", ground) for ground in ("card", "page", "field", "side")],
    *[("focus", ground) for ground in (*GROUNDS, "good_soft", "warn_soft", "bad_soft", "info_soft")],
    *[("accent", ground) for ground in ("card", "page", "field")],
    *[("disabled", ground) for ground in ("card", "page", "disabled_soft")],
    ("text", "accent"),  # the ring around a focused blue button, against the button itself
    ("text", "go"),
    ("go", "page"),
    ("bad", "page"),
    ("dim", "neutral_soft"),
]


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_ruler_measures_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("name", ALL)
def test_texts_can_be_read(name: str) -> None:
    tokens = ALL[name]
    poor = [(pair, contrast(*(tokens[role] for role in pair))) for pair in TEXTS]
    assert not [f"{pair}: {ratio:.2f}" for pair, ratio in poor if ratio < 4.5]


@pytest.mark.parametrize("name", ALL)
def test_icons_frames_and_rings_can_be_seen(name: str) -> None:
    tokens = ALL[name]
    poor = [(pair, contrast(*(tokens[role] for role in pair))) for pair in SHAPES]
    # A ring drawn in the text colour lies between the button and the page: it must differ from one of them.
    poor = [(pair, max(ratio, contrast(tokens["text"], tokens["page"])) if pair[0] == "text" else ratio)
            for pair, ratio in poor]  # fmt: skip
    assert not [f"{pair}: {ratio:.2f}" for pair, ratio in poor if ratio < 3]


@pytest.mark.parametrize("name", ALL)
def test_every_rule_that_sets_text_on_a_ground_can_be_read(name: str) -> None:
    sheet = (paths.resources() / "o365desk.qss").read_text("utf-8")
    tokens = ALL[name]
    found = 0
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        text = re.search(r"(?<![-\w])color: \$(\w+)", body)
        ground = re.search(r"(?<![-\w])background: \$(\w+)", body)
        if text and ground:
            found += 1
            least = 3 if "disabled" in selector else 4.5
            assert contrast(tokens[text[1]], tokens[ground[1]]) >= least, selector
    assert found > 10


def test_all_themes_know_the_same_roles() -> None:
    assert len({frozenset(tokens) for tokens in ALL.values()}) == 1


def test_the_style_sheet_names_only_roles_that_are_there() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", (paths.resources() / "o365desk.qss").read_text("utf-8"), flags=re.DOTALL)
    used = set(string.Template(sheet).get_identifiers())
    sizes = {"size_title", "size_section", "size_text", "size_small"}
    edges = {f"{level}_edge" for level in ("good", "info", "warn", "bad")}
    assert used <= set(themes.LIGHT) | sizes | edges | set(themes._QSS_ICONS)


def test_only_two_weights_and_four_sizes_are_used() -> None:
    sheet = (paths.resources() / "o365desk.qss").read_text("utf-8")
    assert set(re.findall(r"font-weight: (\w+)", sheet)) <= {"400", "600"}
    assert all(size.startswith("$size_") for size in re.findall(r"font-size: ([^;]+);", sheet))


@pytest.fixture
def following(qapp: QApplication, qtbot: QtBot) -> object:
    """A theme that follows the system, and the session's theme put back afterwards."""
    before = (qapp.styleSheet(), qapp.palette())
    made = Theme(qapp)
    yield made
    made.setParent(None)
    made.deleteLater()
    qtbot.wait(0)
    qapp.setStyleSheet(before[0])
    qapp.setPalette(before[1])


def test_it_turns_dark_with_the_system_while_windows_are_open(
    following: Theme, qapp: QApplication, qtbot: QtBot
) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    dark = [following.dark]
    with qtbot.waitSignal(following.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    dark += [following.dark]
    assert widget.palette().window().color() == QColor(themes.DARK["page"])
    with qtbot.waitSignal(following.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    dark += [following.dark]
    assert dark == [False, True, False]
    assert widget.palette().window().color() == QColor(themes.LIGHT["page"])


def test_it_takes_to_high_contrast_with_the_system(following: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    if not hasattr(qapp.styleHints(), "accessibility"):
        pytest.skip("Qt tells it since 6.10")
    hints = qapp.styleHints().accessibility()
    with qtbot.waitSignal(following.changed):
        hints.contrastPreferenceChanged.emit(Qt.ContrastPreference.HighContrast)
    assert following.tokens is themes.LIGHT_CONTRAST
    with qtbot.waitSignal(following.changed):
        hints.contrastPreferenceChanged.emit(Qt.ContrastPreference.NoPreference)
    assert following.tokens is themes.LIGHT


def test_high_contrast_is_chosen_when_asked_for(following: Theme, qapp: QApplication) -> None:
    high = Theme(qapp, "dark", True)
    assert high.tokens is themes.DARK_CONTRAST
    assert high.dark
    high.setParent(None)


@pytest.mark.parametrize("name", sorted(file.stem for file in (paths.resources() / "icons").glob("*.svg")))
def test_every_icon_is_drawn_in_the_colour_it_is_asked_for(theme: Theme, name: str) -> None:
    if name == "app":
        assert not theme.app_icon().pixmap(64, 64).isNull()
        return
    svg = (paths.resources() / "icons" / f"{name}.svg").read_text("utf-8")
    assert 'stroke="currentColor"' in svg
    assert 'stroke-width="1.75"' in svg
    image = theme.icon(name, "bad").pixmap(QSize(64, 64)).toImage()
    seen = {
        image.pixelColor(x, y).rgb() for x in range(64) for y in range(64) if image.pixelColor(x, y).alpha() == 255
    }
    assert seen == {theme.color("bad").rgb()}


def test_pixmaps_are_sharp_on_dense_screens(theme: Theme) -> None:
    icon = theme.icon("plug")
    assert icon.pixmap(QSize(16, 16), 2.0).size() == QSize(32, 32)


def test_all_that_show_an_icon_share_it_and_another_colour_is_another(theme: Theme) -> None:
    assert theme.icon("plug").cacheKey() == theme.icon("plug").cacheKey()
    assert len({theme.icon("plug", role).cacheKey() for role in ("text", "bad", "disabled")}) == 3


def test_the_recoloured_icons_are_gone_with_the_theme(qapp: QApplication, following: Theme) -> None:
    made = Theme(qapp, "dark", False)
    folder = made._folder
    assert any(folder.iterdir())
    made._tidy()
    assert not folder.exists()
    made.setParent(None)


def test_a_check_box_shows_its_tick_in_both_themes(qapp: QApplication, qtbot: QtBot, following: Theme) -> None:
    for scheme, tokens in (("light", themes.LIGHT), ("dark", themes.DARK)):
        made = Theme(qapp, scheme, False)
        widget = QWidget()
        box = QCheckBox("Checked", widget)
        box.setChecked(True)
        QVBoxLayout(widget).addWidget(box)
        qtbot.addWidget(widget)
        widget.show()
        image = box.grab().toImage()
        colors = {image.pixelColor(x, y).name() for x in range(24) for y in range(image.height())}
        assert {tokens["accent"], tokens["accent_text"]} <= colors
        made.setParent(None)
