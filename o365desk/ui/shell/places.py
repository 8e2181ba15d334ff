"""The pages of the program: a new one is one line here, and the function that imports it when it is first seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from o365desk.ui.context import Context, Page
from o365desk.ui.destinations import (
    Destination,
    ToActivity,
    ToAddNew,
    ToConnector,
    ToDirectory,
    ToGroupsInStep,
    ToImport,
    ToLifetimes,
    ToNotices,
    ToOperations,
    ToPeople,
    ToPlan,
    ToRecycleBin,
    ToRun,
    ToRuns,
    ToSchedules,
    ToSources,
    ToTask,
)

if TYPE_CHECKING:
    from o365desk.ui.pages.activity.activity import ActivityPage
    from o365desk.ui.pages.connector.connector import ConnectorPage
    from o365desk.ui.pages.datasources.add_new import AddNewPage
    from o365desk.ui.pages.datasources.datasources import DataSourcesPage
    from o365desk.ui.pages.datasources.recycle_bin import RecycleBinPage
    from o365desk.ui.pages.directory.directory import DirectoryPage
    from o365desk.ui.pages.directory.importing import ImportPage
    from o365desk.ui.pages.in_step.groups import GroupsInStepPage
    from o365desk.ui.pages.in_step.people import PeoplePage
    from o365desk.ui.pages.notices import NoticesPage
    from o365desk.ui.pages.operations.operations import OperationsPage
    from o365desk.ui.pages.runs.plan import PlanPage
    from o365desk.ui.pages.runs.run import RunPage
    from o365desk.ui.pages.runs.runs import RunsPage
    from o365desk.ui.pages.schedules.history import HistoryPage
    from o365desk.ui.pages.schedules.lifetimes import LifetimesPage
    from o365desk.ui.pages.schedules.schedules import SchedulesPage

D = TypeVar("D", bound=Destination)


@dataclass(frozen=True)
class Place:
    """One page: what makes it; with `icon` and `text` it is in the navigation; `under` leads to the entry that is
    marked while it is shown."""

    make: Callable[[Context], Page[Any]]
    text: str = ""
    icon: str = ""
    under: type[Destination] | None = None


def _sources(context: Context) -> "DataSourcesPage":
    from o365desk.ui.pages.datasources.datasources import DataSourcesPage

    return DataSourcesPage(context)


def _add_new(context: Context) -> "AddNewPage":
    from o365desk.ui.pages.datasources.add_new import AddNewPage

    return AddNewPage(context)


def _connector(context: Context) -> "ConnectorPage":
    from o365desk.ui.pages.connector.connector import ConnectorPage

    return ConnectorPage(context)


def _operations(context: Context) -> "OperationsPage":
    from o365desk.ui.pages.operations.operations import OperationsPage

    return OperationsPage(context)


def _plan(context: Context) -> "PlanPage":
    from o365desk.ui.pages.runs.plan import PlanPage

    return PlanPage(context)


def _runs(context: Context) -> "RunsPage":
    from o365desk.ui.pages.runs.runs import RunsPage

    return RunsPage(context)


def _run(context: Context) -> "RunPage":
    from o365desk.ui.pages.runs.run import RunPage

    return RunPage(context)


def _schedules(context: Context) -> "SchedulesPage":
    from o365desk.ui.pages.schedules.schedules import SchedulesPage

    return SchedulesPage(context)


def _history(context: Context) -> "HistoryPage":
    from o365desk.ui.pages.schedules.history import HistoryPage

    return HistoryPage(context)


def _lifetimes(context: Context) -> "LifetimesPage":
    from o365desk.ui.pages.schedules.lifetimes import LifetimesPage

    return LifetimesPage(context)


def _directory(context: Context) -> "DirectoryPage":
    from o365desk.ui.pages.directory.directory import DirectoryPage

    return DirectoryPage(context)


def _import(context: Context) -> "ImportPage":
    from o365desk.ui.pages.directory.importing import ImportPage

    return ImportPage(context)


def _groups_in_step(context: Context) -> "GroupsInStepPage":
    from o365desk.ui.pages.in_step.groups import GroupsInStepPage

    return GroupsInStepPage(context)


def _people(context: Context) -> "PeoplePage":
    from o365desk.ui.pages.in_step.people import PeoplePage

    return PeoplePage(context)


def _activity(context: Context) -> "ActivityPage":
    from o365desk.ui.pages.activity.activity import ActivityPage

    return ActivityPage(context)


def _recycle_bin(context: Context) -> "RecycleBinPage":
    from o365desk.ui.pages.datasources.recycle_bin import RecycleBinPage

    return RecycleBinPage(context)


def _notices(context: Context) -> "NoticesPage":
    from o365desk.ui.pages.notices import NoticesPage

    return NoticesPage(context)


def place(
    to: type[D],
    make: Callable[[Context], Page[D]],
    text: str = "",
    icon: str = "",
    under: type[Destination] | None = None,
) -> tuple[type[Destination], Place]:
    """An entry of the table: the page must be one that is given this destination."""
    return to, Place(make, text, icon, under)


PLACES = dict(
    (
        place(ToSources, _sources, "Data sources", "plug"),
        place(ToAddNew, _add_new, under=ToSources),
        place(ToConnector, _connector, under=ToSources),
        place(ToOperations, _operations, "Operations", "bolt"),
        place(ToPlan, _plan, under=ToOperations),
        place(ToRuns, _runs, "Runs", "runs"),
        place(ToRun, _run, under=ToRuns),
        place(ToDirectory, _directory, "Directory", "users"),
        place(ToImport, _import, under=ToDirectory),
        place(ToGroupsInStep, _groups_in_step, under=ToDirectory),
        place(ToPeople, _people, under=ToDirectory),
        place(ToSchedules, _schedules, "Schedules", "clock"),
        place(ToTask, _history, under=ToSchedules),
        place(ToLifetimes, _lifetimes, under=ToSchedules),
        place(ToActivity, _activity, "Activity", "activity"),
        place(ToRecycleBin, _recycle_bin, "Recycle bin", "bin"),
        place(ToNotices, _notices, "Notices", "bell"),
    )
)
"""Every page of the program, in the order of the navigation."""
