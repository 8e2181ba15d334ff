"""Who can use a data source, and what they would see: the whole answer about one person, with its reasons."""

from dataclasses import dataclass
from typing import Any

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.access.security import Deed, Mapping
from o365desk.model.conditions import tree, words
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.model.searches import Search
from o365desk.services.access.access import Access
from o365desk.services.access.decision import Decision, Subject
from o365desk.services.access.findings import Finding, findings


@dataclass(frozen=True)
class AccessReport:
    """What somebody may do with a data source, and what there is to say about its settings."""

    subject: Subject
    administer: Decision
    query: Decision
    operations: tuple[tuple[Operation, Decision], ...]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape of `o365desk sources access --json`."""
        return {
            "operator": self.subject.address,
            "kind": self.subject.kind.value,
            "administer": {"allowed": self.administer.allowed, "because": self.administer.because},
            "query": {"allowed": self.query.allowed, "because": self.query.because},
            "operations": [
                {
                    "key": operation.key,
                    "allowed": decision.allowed,
                    "because": decision.because,
                    "conditions": tree.dumps(decision.conditions) if decision.conditions else None,
                }
                for operation, decision in self.operations
            ],
            "findings": [{"severity": each.severity.value, "text": each.text} for each in self.findings],
        }


def report(
    access: Access, source: DataSource, address: str = "", saved: DataSource | None = None, users: int | None = None
) -> AccessReport:
    """The answer about whoever has this address ("": whoever works here). `source` may be a draft, `saved` is then
    what its file has; `users`: how many the tenant has, if that is known. Raises ProblemError, also where the
    operator may not ask about somebody else."""
    if why := access.no_question(source, address):
        raise ProblemError(why)
    people = access.people()
    subject = access.somebody(source, address, people) if address else access.me(source, people)
    return AccessReport(
        subject,
        access.decide(source, Deed.EDIT, subject, people),
        access.decide(source, Deed.QUERY, subject, people),
        tuple((each, access.decide(source, each, subject, people)) for each in OPERATIONS.values()),
        tuple(findings(access, source, saved, users)),
    )


def in_words(kept: Mapping | Search) -> tuple[str, str]:
    """The conditions of a partner default, or of a saved search, as people read them: the operation's title, and a
    sentence."""
    operation = OPERATIONS.get(kept.operation)
    if operation is None:
        return kept.operation, "no such operation"
    try:
        return operation.title, words.sentence(kept.tree, parameters(operation))
    except tree.MalformedError as error:
        return operation.title, f"{tree.place_words(error.place)}: {error.why}"
