"""What a benchmark found, how it is shown, and where it is kept."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One figure: a ratio within one run, and the most that it may be. A `ratio` of None was not measured; `detail`
    says why, or what the absolute numbers were."""

    key: str
    title: str
    ratio: float | None
    budget: float
    detail: str = ""

    @property
    def kept(self) -> bool:
        """Whether the budget was kept, as far as it was measured."""
        return self.ratio is None or self.ratio <= self.budget

    def line(self) -> str:
        """For a terminal."""
        found = "    –" if self.ratio is None else f"{self.ratio:5.2f}"
        verdict = "not measured" if self.ratio is None else "kept" if self.kept else "BROKEN"
        return f"{self.title:<62} {found}  at most {self.budget:4.2f}  {verdict}   ({self.detail})"


def windowed() -> dict[str, str]:
    """The environment of a window without a screen. Compiled code may be kept, as it is wherever the program is
    installed: else a page that is first seen is compiled then."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def keep(results: Iterable[Result], file: Path) -> None:
    """Writes the results as JSON: a list of {key, title, ratio, budget, detail}."""
    file.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
