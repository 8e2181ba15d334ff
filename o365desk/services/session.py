"""What an operation works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from o365desk.model.conditions.tree import NO_CONDITION, Group, PartnerValue
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph
    from o365desk.services.signin.msal_sign_in import Token


@dataclass(frozen=True)
class Session:
    """What an operation works with: Graph, reached as the data source says, and what the token may. `conditions`
    hold for every row of it, whatever else is asked for, and those of `naming` for what a field names (see
    `Decision`); `partner` is what they may compare with (None: it is no
    partner who asks)."""

    source: DataSource
    graph: "Graph"
    token: "Token"
    stop: Stop
    timing: Timing
    lacking: Callable[[], Problem | None]
    """Asks the sign-in service anew why the operation may not be run any more; None if that is not the reason."""
    conditions: Group = NO_CONDITION
    naming: Mapping[str, Group] = field(default_factory=dict)
    partner: Mapping[PartnerValue, str] | None = None
