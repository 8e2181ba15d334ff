"""How long the program waits, and how often it looks, where nobody else says so."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds, where it is no `timedelta`. What Microsoft asks for is obeyed all the same."""

    browser: timedelta = timedelta(minutes=5)
    """For who signs in in the browser to come back."""
    consent_look: float = 5.0
    """Between two looks whether an administrator has consented meanwhile."""
    test: float = 180.0
    """For a whole connection test; what has not ended then is not proven."""
    retry: float = 1.0
    """Before work is tried again for the first time; then twice that, and so on."""
    group_looks: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
    """Before each look for a new group, or try to add to it: replication takes some."""
    news: timedelta = timedelta(minutes=5)
    """How long some of Microsoft's servers may not know what is new: a group, or what a run has done."""
    press: float = 0.6
    """Without a press before what has come into sight takes one: the second half of a double click, and the next of
    a held key, come sooner."""
    network: float = 180.0
    """For the network to come back before a task is started; then it stays due."""
    network_look: float = 5.0
    """Between two looks for it."""
    task_minute: float = 60.0
    """A minute of the time that a task may take."""
    after_task: float = 300.0
    """For the command that runs after a task."""
    wake_proof: float = 90.0
    """For the first wake of the system's scheduler to report, when it is set up."""
