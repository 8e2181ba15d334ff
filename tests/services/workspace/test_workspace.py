"""The workspace: saving, conflicts, history, recycle bin, and what is said of files that cannot be read."""

import codecs
import errno
import json
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from o365desk import paths
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import CLOUDS, DataSource, SignIn, copy_of, new
from o365desk.model.problems import ProblemError
from o365desk.services.workspace import data_source_file
from o365desk.services.workspace.workspace import ConflictError, Workspace

FULL = {
    "tenant": "contoso.onmicrosoft.com",
    "client_id": "11111111-2222-4333-8444-555555555555",
    "sign_in": SignIn.SECRET,
    "secret_expires": date(2027, 1, 31),
    "read_write": True,
}


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Workspace:
    return Workspace(tmp_path / "workspace", clock, os_user("ada"))


def put(workspace: Workspace, name: str, content: bytes | str) -> Path:
    """A file as somebody else would have written it."""
    path = workspace.folder / "data-sources" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only_problem(workspace: Workspace) -> str:
    listing = workspace.list()
    assert not listing.entries
    (item,) = listing.unreadable
    assert item.path.name in item.problem.title
    assert item.problem.remedy
    return item.problem.sentence()


def live_files(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.folder / "data-sources").iterdir())


# --- saving and reading back -------------------------------------------------------------------------------------


def test_an_empty_or_missing_folder_is_an_empty_list(workspace: Workspace) -> None:
    assert workspace.list().entries == ()
    assert workspace.recycled() == ()
    assert not workspace.folder.exists()


def test_what_was_saved_is_read_back(workspace: Workspace, clock: Clock) -> None:
    source = new("Contoso HR", **FULL)
    saved = workspace.save(source, None)
    assert saved.source == source.replace(modified=clock.now, modified_by="ada")
    assert saved.path.name == "contoso-hr.json"
    assert workspace.list().entries == (saved,)
    assert workspace.get(source.id) == workspace.get("contoso hr") == workspace.get("CONTOSO-HR.json") == saved


def test_the_file_reads_like_the_design_says(workspace: Workspace) -> None:
    source = DataSource(id="11111111-2222-4333-8444-555555555555", name="Contoso – Ünï")
    text = workspace.save(source, None).path.read_text("utf-8")
    assert text == (
        "{\n"
        '  "$schema": "https://o365desk.example/schema/data-source-1.json",\n'
        '  "version": 1,\n'
        '  "id": "11111111-2222-4333-8444-555555555555",\n'
        '  "name": "Contoso – Ünï",\n'
        '  "cloud": "global",\n'
        '  "tenant": "",\n'
        '  "clientId": "",\n'
        '  "signIn": "administrator",\n'
        '  "readWrite": false,\n'
        '  "sso": false,\n'
        '  "modified": "2026-11-23T09:00:00Z",\n'
        '  "modifiedBy": "ada"\n'
        "}\n"
    )


def test_the_same_source_gives_the_same_bytes_wherever_its_keys_came_from() -> None:
    source = new("A", **FULL)
    shuffled = json.dumps(dict(reversed(json.loads(data_source_file.encode(source)).items())))
    again = data_source_file.decode(shuffled.encode(), "a.json")
    assert data_source_file.encode(again) == data_source_file.encode(source)


def test_saving_changes_the_file_and_asks_for_the_version_it_came_from(workspace: Workspace, clock: Clock) -> None:
    first = workspace.save(new("A"), None)
    clock.pass_(minutes=1)
    second = workspace.save(first.source.replace(tenant="t.example.com"), first.version)
    assert second.version != first.version
    assert second.source.modified == clock.now
    assert workspace.list().entries == (second,)


def test_unknown_keys_stay_and_stand_at_the_end(workspace: Workspace) -> None:
    body = {"zebra": [1, {"deep": None}], "id": "abc", "extra": {"of": "theirs"}, "name": "A", "big": 10**30}
    put(workspace, "a.json", json.dumps(body))
    entry = workspace.get("A")
    assert entry.source.extra == {key: body[key] for key in ("zebra", "extra", "big")}
    workspace.save(entry.source.replace(tenant="x.example.com"), entry.version)
    text = entry.path.read_text("utf-8")
    assert list(json.loads(text))[-3:] == ["zebra", "extra", "big"]
    assert workspace.get("A").source.extra == entry.source.extra


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_a_file_keeps_its_rights_and_a_new_one_has_the_usual(workspace: Workspace) -> None:
    before = os.umask(0o027)
    try:
        entry = workspace.save(new("A"), None)
    finally:
        os.umask(before)
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o640
    entry.path.chmod(0o664)
    entry = workspace.save(entry.source.replace(sso=True), entry.version)
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o664


def test_names_are_unique_in_any_case(workspace: Workspace) -> None:
    workspace.save(new("Contoso HR"), None)
    with pytest.raises(ProblemError, match="already a data source") as caught:
        workspace.save(new("  contoso   HR"), None)
    assert caught.value.problem.field == "name"
    workspace.save(new(""), None)
    workspace.save(new(""), None)  # drafts without a name are no clash
    assert len(workspace.list().entries) == 3


def test_different_names_with_one_file_name_get_two_files(workspace: Workspace) -> None:
    workspace.save(new("Contoso!"), None)
    workspace.save(new("Contoso?"), None)
    assert live_files(workspace) == ["contoso-2.json", "contoso.json"]


def test_renaming_renames_the_file(workspace: Workspace) -> None:
    first = workspace.save(new("Old"), None)
    second = workspace.save(first.source.replace(name="New"), first.version)
    assert live_files(workspace) == ["new.json"]
    assert second.path.name == "new.json"
    assert [entry.source.name for entry in workspace.history("new")] == ["Old"]


def test_renaming_never_replaces_another_file_even_an_unreadable_one(workspace: Workspace) -> None:
    entry = workspace.save(new("Old"), None)
    precious = put(workspace, "New.JSON", "not json")
    renamed = workspace.save(entry.source.replace(name="New"), entry.version)
    assert renamed.path.name == "new-2.json"
    assert precious.read_text() == "not json"


def test_a_file_named_by_hand_keeps_its_name_until_the_name_changes(workspace: Workspace) -> None:
    put(workspace, "my file.json", '{"id": "abc", "name": "Contoso"}')
    entry = workspace.get("my file")
    entry = workspace.save(entry.source.replace(sso=True), entry.version)
    assert live_files(workspace) == ["my file.json"]
    workspace.save(entry.source.replace(name="Fabrikam"), entry.version)
    assert live_files(workspace) == ["fabrikam.json"]


def test_what_could_not_be_read_back_is_not_written(workspace: Workspace) -> None:
    for source in (DataSource(id="../evil"), DataSource(id=""), new("A", extra={"n": float("nan")})):
        with pytest.raises(ProblemError):
            workspace.save(source, None)
    found = workspace.list()
    assert (found.entries, found.unreadable) == ((), ())


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": "-----BEGIN RSA PRIVATE KEY-----\nMIIabc"},
        {"extra": {"clientSecret": "hunter2hunter2"}},
        {"extra": {"nested": [{"api_key": "hunter2hunter2"}]}},
    ],
)
def test_a_secret_gets_into_no_file(workspace: Workspace, changes: dict[str, object]) -> None:
    with pytest.raises(ProblemError, match="secret") as caught:
        workspace.save(new("A", **changes), None)
    assert "hunter2" not in str(caught.value)
    assert "MIIabc" not in str(caught.value)
    assert workspace.list().entries == ()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom rights bind")
def test_a_folder_that_may_only_be_read_is_read(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    for folder in (entry.path.parent, workspace.folder):
        folder.chmod(0o500)
    try:
        assert workspace.list().entries == (entry,)
        with pytest.raises(ProblemError, match="could not be saved"):
            workspace.save(entry.source, entry.version)
    finally:
        for folder in (workspace.folder, entry.path.parent):
            folder.chmod(0o700)
    assert workspace.list().entries == (entry,)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
@pytest.mark.parametrize("mode", [0o500, 0o555, 0o300, 0o770, 0o2775])
def test_a_folder_of_odd_rights_is_written_or_refused_in_words(workspace: Workspace, mode: int) -> None:
    entry = workspace.save(new("A"), None)
    (workspace.folder / ".lock").unlink()
    workspace.folder.chmod(mode)
    refused = ""
    try:
        workspace.save(entry.source.replace(sso=True), entry.version)
    except ProblemError as error:
        refused = str(error)
    finally:
        workspace.folder.chmod(0o700)
    assert "Ask for the right" in refused or not refused
    assert os.geteuid() or not refused
    assert workspace.get("A").source.sso == (not refused)


def test_a_workspace_that_cannot_be_a_folder_is_a_problem(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("I am no folder")
    workspace = Workspace(tmp_path / "file", clock, os_user("ada"))
    (item,) = workspace.list().unreadable
    assert item.problem.remedy
    with pytest.raises(ProblemError):
        workspace.save(new("A"), None)


def test_a_full_disk_leaves_the_file_and_no_rubbish(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = workspace.save(new("A"), None)
    disk = {"calls": 0, "fails at": 0}
    fsync = os.fsync

    def full(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            disk["calls"] += 1
            if disk["calls"] == disk["fails at"]:
                raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    for call in (1, 1, 2, 1, 1):  # the version before, and once that is kept, the file itself
        disk.update({"calls": 0, "fails at": call})
        with pytest.raises(ProblemError, match=r"“A” could not be saved.*Free some space"):
            workspace.save(entry.source.replace(sso=True), entry.version)
        assert workspace.list().entries == (entry,)
        assert workspace.history("A") == ()
        assert not list(workspace.folder.rglob(".*.tmp"))
    disk["fails at"] = 0
    workspace.save(entry.source.replace(sso=True), entry.version)
    assert len(workspace.history("A")) == 1


def test_a_workspace_that_another_program_holds_is_a_problem(workspace: Workspace, clock: Clock) -> None:
    entry = workspace.save(new("A"), None)
    other = Workspace(workspace.folder, clock, os_user("bob"), seconds=0.1)
    with workspace._lock():
        assert other.list().entries == (entry,)  # reading waits for nobody
        with pytest.raises(ProblemError, match="workspace is in use"):
            other.save(entry.source, entry.version)
    other.save(entry.source, entry.version)


def test_threads_that_save_at_once_are_told_of_each_other(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    said: list[str | ConflictError] = []

    def save(tenant: str) -> None:
        try:
            said.append(workspace.save(entry.source.replace(tenant=tenant), entry.version).source.tenant)
        except ConflictError as conflict:
            said.append(conflict)

    threads = [threading.Thread(target=save, args=(f"t{number}.example.com",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (saved,) = [item for item in said if isinstance(item, str)]
    assert len(said) == 8
    assert workspace.get("A").source.tenant == saved


def test_subscribers_hear_of_changes_and_of_nothing_else(workspace: Workspace) -> None:
    heard: list[set[str]] = []
    workspace.subscribe(heard.append)
    entry = workspace.save(new("A"), None)
    with pytest.raises(ConflictError):
        workspace.save(entry.source, "other")
    workspace.list()
    workspace.delete("A")
    workspace.restore("A")
    assert heard == [{"datasources"}] * 3


# --- conflicts ----------------------------------------------------------------------------------------------------


def test_the_second_of_two_savers_is_told_and_nothing_is_lost(workspace: Workspace, clock: Clock) -> None:
    opened = workspace.save(new("A"), None)
    other = Workspace(workspace.folder, clock, os_user("bob"))
    theirs = other.save(opened.source.replace(tenant="bob.example.com"), opened.version)
    mine = opened.source.replace(tenant="ada.example.com")
    with pytest.raises(ConflictError) as caught:
        workspace.save(mine, opened.version)
    assert caught.value.mine == mine
    assert caught.value.theirs == theirs
    assert workspace.list().entries == (theirs,)
    saved = workspace.save(mine, theirs.version)
    assert [entry.source.tenant for entry in workspace.history("A")] == ["bob.example.com", ""]
    assert saved.source.tenant == "ada.example.com"


def test_saving_what_was_deleted_meanwhile_is_a_conflict_without_theirs(workspace: Workspace) -> None:
    opened = workspace.save(new("A"), None)
    workspace.delete("A")
    with pytest.raises(ConflictError) as caught:
        workspace.save(opened.source, opened.version)
    assert caught.value.theirs is None
    workspace.save(opened.source, None)
    assert workspace.recycled() == ()  # it lives again: not offered a second time


def test_a_new_source_does_not_replace_one_with_its_id(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    with pytest.raises(ConflictError):
        workspace.save(entry.source, None)


def test_a_file_edited_by_hand_is_a_conflict(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    entry.path.write_text(entry.path.read_text().replace('"sso": false', '"sso": true'))
    with pytest.raises(ConflictError) as caught:
        workspace.save(entry.source, entry.version)
    assert caught.value.theirs
    assert caught.value.theirs.source.sso


def test_a_file_broken_by_hand_is_not_taken_for_deleted(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    broken = entry.path.read_bytes()[:-4]
    entry.path.write_bytes(broken)
    with pytest.raises(ProblemError, match=r"a\.json cannot be read"):
        workspace.save(entry.source, entry.version)
    assert entry.path.read_bytes() == broken
    assert live_files(workspace) == ["a.json"]


# --- history ------------------------------------------------------------------------------------------------------


def test_the_last_twenty_versions_are_kept_the_latest_first(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    for number in range(25):
        entry = workspace.save(entry.source.replace(tenant=f"t{number}.example.com"), entry.version)
    tenants = [old.source.tenant for old in workspace.history("A")]
    assert tenants == [f"t{number}.example.com" for number in range(23, 3, -1)]


def test_history_of_what_was_deleted_and_of_nonsense(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    workspace.save(entry.source.replace(sso=True), entry.version)
    workspace.delete("A")
    assert [old.version for old in workspace.history("A")] == [entry.version]
    assert workspace.history("../data-sources") == workspace.history("") == workspace.history("nobody") == ()


def test_a_damaged_version_is_passed_over(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    for number in range(3):
        entry = workspace.save(entry.source.replace(tenant=f"t{number}.example.com"), entry.version)
    workspace.history("A")[1].path.write_bytes(b"damaged")
    assert [old.source.tenant for old in workspace.history("A")] == ["t1.example.com", ""]


# --- recycle bin --------------------------------------------------------------------------------------------------


def test_delete_and_restore(workspace: Workspace, clock: Clock) -> None:
    entry = workspace.save(new("A", **FULL), None)
    data = entry.path.read_bytes()
    gone = workspace.delete("a")
    assert (gone.source, gone.deleted, gone.deleted_by) == (entry.source, clock.now, "ada")
    assert workspace.list().entries == ()
    assert workspace.recycled() == (gone,)
    back = workspace.restore(entry.source.id)
    assert back == entry
    assert back.path.read_bytes() == data
    assert workspace.recycled() == ()
    assert list((workspace.folder / ".recycle-bin").iterdir()) == []


@pytest.mark.parametrize("key", [lambda gone: gone.source.name, lambda gone: gone.path.name])
def test_restore_by_name_and_file_name(workspace: Workspace, key: Callable[[object], str]) -> None:
    workspace.save(new("A"), None)
    assert workspace.restore(key(workspace.delete("A"))).source.name == "A"


def test_restore_under_a_free_name(workspace: Workspace) -> None:
    first = workspace.save(new("A", tenant="first.example.com"), None)
    workspace.delete("A")
    workspace.save(new("a"), None)
    workspace.save(new("A 2"), None)
    back = workspace.restore(first.source.id)
    assert (back.source.name, back.source.id, back.path.name) == ("A 3", first.source.id, "a-3.json")
    assert back.source.tenant == "first.example.com"
    assert len(workspace.list().entries) == 3
    assert workspace.list().clashes == ()


def test_the_latest_of_the_same_name_comes_back_first(workspace: Workspace, clock: Clock) -> None:
    for tenant in ("one.example.com", "two.example.com"):
        workspace.save(new("A", tenant=tenant), None)
        workspace.delete("A")
        clock.pass_(seconds=1)
    assert [item.source.tenant for item in workspace.recycled()] == ["two.example.com", "one.example.com"]
    assert workspace.restore("A").source.tenant == "two.example.com"


def test_two_deleted_in_the_same_second_are_both_kept(workspace: Workspace) -> None:
    for tenant in ("one.example.com", "two.example.com"):
        workspace.save(new("A", tenant=tenant), None)
        workspace.delete("A")
    assert len(workspace.recycled()) == 2


def test_after_thirty_days_it_vanishes_with_its_history(workspace: Workspace, clock: Clock) -> None:
    entry = workspace.save(new("A", extra={"note": {"unhashable": []}}), None)
    entry = workspace.save(entry.source.replace(sso=True), entry.version)
    workspace.delete("A")
    clock.pass_(days=29, hours=23)
    assert len(workspace.recycled()) == 1
    assert workspace.history("A")
    workspace.purge()
    assert len(workspace.recycled()) == 1
    clock.pass_(hours=1)
    assert workspace.recycled() == ()
    assert len(list((workspace.folder / ".recycle-bin").iterdir())) == 2, "looking removes nothing"
    with pytest.raises(ProblemError, match="not in the recycle bin"):
        workspace.restore("A")
    clock.pass_(days=-1)
    assert len(workspace.recycled()) == 1, "nor does a clock that was wrong"
    clock.pass_(days=1)
    workspace.save(new("B"), None)
    workspace.delete("B")
    assert [item.source.name for item in workspace.recycled()] == ["B"]
    assert len(list((workspace.folder / ".recycle-bin").iterdir())) == 2
    assert not (workspace.folder / ".history" / entry.source.id).exists()
    with pytest.raises(ProblemError, match="not in the recycle bin"):
        workspace.restore("A")


def test_without_its_record_a_deleted_source_is_kept(workspace: Workspace, clock: Clock) -> None:
    workspace.save(new("A"), None)
    workspace.delete("A").path.with_suffix(".deleted").unlink()
    clock.pass_(days=300)
    workspace.purge()
    (item,) = workspace.recycled()
    assert (item.deleted, item.deleted_by) == (clock.now, "")
    assert workspace.restore("A").source.name == "A"


@pytest.mark.parametrize(
    "record", [b"", b"[]", b'{"deleted": 5}', b'{"deleted": "soon"}', b"\xff" * 50, b"[" * 9999]
)
def test_a_broken_record_does_no_harm(workspace: Workspace, record: bytes) -> None:
    workspace.save(new("A"), None)
    workspace.delete("A").path.with_suffix(".deleted").write_bytes(record)
    workspace.purge()
    assert len(workspace.recycled()) == 1


def test_while_a_file_cannot_be_read_nothing_leaves_the_bin_for_good(workspace: Workspace, clock: Clock) -> None:
    entry = workspace.save(new("A"), None)
    entry = workspace.save(entry.source.replace(sso=True), entry.version)
    workspace.delete("A")
    # Somebody else brings it back, in the middle of a merge.
    entry.path.write_text("<<<<<<< ours\n" + entry.source.id)
    clock.pass_(days=31)
    workspace.purge()
    assert (workspace.folder / ".history" / entry.source.id).exists()
    assert len(list((workspace.folder / ".recycle-bin").iterdir())) == 2


def test_a_file_stays_in_the_bin_until_this_computer_has_known_it_for_thirty_days(
    workspace: Workspace, clock: Clock
) -> None:
    old: set[str] = set()
    asked: list[list[str]] = []

    def aged(names: Sequence[str]) -> set[str]:
        asked.append(list(names))
        return old

    careful = Workspace(workspace.folder, clock, os_user("ada"), aged=aged)
    careful.save(new("A"), None)
    name = careful.delete("A").path.name
    clock.pass_(days=4 * 365)
    careful.purge()
    assert (workspace.folder / ".recycle-bin" / name).exists()
    assert asked == [[name], [name]]
    old.add(name)
    careful.purge()
    assert list((workspace.folder / ".recycle-bin").iterdir()) == []


LINKED = pytest.mark.parametrize("folder", ["data-sources", ".history", ".recycle-bin", ".history/{id}"])


@LINKED
@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_that_leads_out_of_the_workspace_is_neither_read_nor_written_in(
    tmp_path: Path, clock: Clock, folder: str, inside: bool
) -> None:
    workspace = Workspace(tmp_path / "workspace", clock, os_user("ada"))
    for name in ("A", "B", "C"):
        entry = workspace.save(new(name), None)
        entry = workspace.save(entry.source.replace(sso=True), entry.version)
    workspace.delete("B")
    clock.pass_(days=29)
    place = workspace.folder / folder.format(id=entry.source.id)
    away = (workspace.folder if inside else tmp_path) / "elsewhere"
    place.rename(away)
    (away / ".1-0123456789ab.tmp").touch()
    os.utime(away / ".1-0123456789ab.tmp", (0, 0))
    place.symlink_to(away)
    before = sorted(path.name for path in away.iterdir())
    outcomes = [
        _outcome(lambda: workspace.save(entry.source.replace(sso=False), entry.version)),
        _outcome(lambda: workspace.save(new("D"), None)),
        _outcome(lambda: workspace.restore("B")),
        _outcome(lambda: workspace.delete("C")),
        _outcome(workspace.purge),
    ]
    if inside:
        assert outcomes == ["done"] * 5
        return
    assert sorted(path.name for path in away.iterdir()) == before
    # A history that leads elsewhere is in nobody's way but its own data source's.
    own = folder == ".history/{id}"
    assert outcomes == (["leads-out", *["done"] * 4] if own else ["leads-out"] * 5)
    if folder == "data-sources":
        (item,) = workspace.list().unreadable
        assert item.problem.code == "leads-out"
        assert workspace.list().entries == ()
    if "history" in folder:
        assert workspace.history("C") == ()
    if folder == ".recycle-bin":
        assert _outcome(workspace.recycled) == "leads-out"


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except ProblemError as error:
        return error.problem.code
    return "done"


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has junctions")
def test_a_junction_that_leads_out_of_the_workspace_is_refused_too(workspace: Workspace, tmp_path: Path) -> None:
    import _winapi

    workspace.save(new("A"), None)
    (workspace.folder / "data-sources").rename(tmp_path / "elsewhere")
    _winapi.CreateJunction(  # type: ignore[attr-defined, unused-ignore]
        str(tmp_path / "elsewhere"), str(workspace.folder / "data-sources")
    )
    assert _outcome(lambda: workspace.save(new("B"), None)) == "leads-out"
    assert workspace.list().entries == ()


def test_the_workspace_itself_may_be_reached_by_a_link(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = Workspace(tmp_path / "link", clock, os_user("ada"))
    workspace.save(new("A"), None)
    workspace.delete("A")
    assert workspace.restore("A").source.name == "A"


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("../precious")])
def test_a_lock_that_is_no_file_is_refused_and_harms_nothing(
    tmp_path: Path, clock: Clock, make: Callable[[Path], object]
) -> None:
    (tmp_path / "precious").write_text("a letter")
    (tmp_path / "workspace").mkdir()
    make(tmp_path / "workspace" / ".lock")
    with pytest.raises(ProblemError, match="link, a pipe or a device"):
        Workspace(tmp_path / "workspace", clock, os_user("ada")).save(new("A"), None)
    assert (tmp_path / "precious").read_text() == "a letter"


def test_a_record_of_the_bin_that_is_a_pipe_is_not_waited_for(workspace: Workspace) -> None:
    workspace.save(new("A"), None)
    record = workspace.delete("A").path.with_suffix(".deleted")
    record.unlink()
    os.mkfifo(record)
    assert len(workspace.recycled()) == 1


def test_deleting_what_is_not_there(workspace: Workspace) -> None:
    workspace.save(new("Contoso"), None)
    with pytest.raises(ProblemError, match=r"no data source “X”.*“Contoso”"):
        workspace.delete("X")


def test_free_names(workspace: Workspace) -> None:
    assert workspace.free_name("A") == "A"
    workspace.save(new("A"), None)
    workspace.save(new("a 2"), None)
    assert workspace.free_name("A") == "A 3"
    entry = workspace.get("A")
    copy = copy_of(entry.source, workspace.free_name(entry.source.name))
    assert workspace.save(copy, None).source.name == "A 3"


# --- files that cannot be read ------------------------------------------------------------------------------------

BODY = '{\n  "version": 1,\n  "id": "abc",\n  "name": "A"'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "It is empty"),
        ("  \n", "It is empty"),
        (BODY, "Line 4, column 14: it is not valid JSON"),
        (BODY + ',\n  "sso": 1\n}', "Line 5: “sso” is a number and must be true or false"),
        (BODY + ',\n  "tenant": null\n}', "Line 5: “tenant” is empty (null) and must be a text"),
        (BODY + ',\n  "clientId": ["x"]\n}', "Line 5: “clientId” is a list and must be a text"),
        (
            BODY + ',\n  "signIn": "magic"\n}',
            "Line 5: “signIn” has a value that it cannot have. Write “administrator”",
        ),
        (
            BODY + ',\n  "secretExpires": "soon"\n}',
            "Line 5: “secretExpires” has a value that it cannot have. Write a date",
        ),
        (BODY + ',\n  "modified": "yesterday"\n}', "Line 5: “modified” has a value that it cannot have"),
        (BODY + ',\n  "name": "B"\n}', "Line 5: it says “name” twice"),
        (BODY + ',\n  "x": {"y": 1,\n "\\u0079": 2}\n}', "Line 6: it says “y” twice"),
        (BODY + ',\n  "x": NaN\n}', "Line 5: a value is not a number that JSON knows: NaN"),
        (BODY + ',\n  "x": 1e999\n}', "Line 5: a number is too large: 1e999"),
        (BODY + ',\n  "x": ' + "9" * 5000 + "\n}", "Line 5: it holds a number too long to read"),
        (BODY + ',\n  "x": ' + "[" * 80 + "]" * 80 + "\n}", "Line 5: it is nested more than 64 levels deep"),
        (BODY + ',\n  "x": ' + "[" * 200_000, "Line 5: it is nested more than 64 levels deep"),
        (BODY + ',\n  "x": "\\ud800"\n}', "Line 5: it holds half of a character"),
        (BODY.encode() + b',\n  "x": "\xff"\n}', "Line 5: it holds bytes that are not UTF-8"),
        (BODY.encode() + b",\n\0\0\0", "Line 5: it holds NUL bytes"),
        (codecs.BOM_UTF16_LE + (BODY + "}").encode("utf-16-le"), "it is written in UTF-16"),
        (BODY + ',\n  "x": "' + "y" * 1_000_000 + '"}', "It is larger than 1,000,000 bytes"),
        ("[]", "Line 1: it does not begin with “{”"),
        ('"text"', "Line 1: it does not begin with “{”"),
        ('{\n  "name": "A"\n}', "“id” is missing"),
        ('{\n  "id": 5\n}', "Line 2: “id” is a number and must be a text"),
        ('{\n  "id": "../../etc"\n}', "Line 2: “id” is not made of"),
        ('{"id": "abc",\n"version": 0}', "Line 2: “version” is not a whole number"),
        ('{"id": "abc",\n"version": true}', "Line 2: “version” is not a whole number"),
        ('{"id": "abc",\n"version": "1"}', "Line 2: “version” is not a whole number"),
        ('{"id": "abc",\n"version": 2}', "was written by a newer o365desk. Line 2 says version 2"),
        (
            '{\n"id": "abc",\n<<<<<<< HEAD\n"name": "A"\n=======\n"name": "B"\n>>>>>>> x\n}',
            "Line 3: it holds both sides of a merge",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(workspace: Workspace, content: bytes | str, expected: str) -> None:
    path = put(workspace, "broken.json", content)
    before = path.read_bytes()
    good = workspace.save(new("Good"), None)
    (item,) = workspace.list().unreadable
    assert expected in item.problem.sentence()
    assert "broken.json" in item.problem.title
    assert item.problem.remedy
    assert workspace.list().entries == (good,)
    assert path.read_bytes() == before
    with pytest.raises(ProblemError, match="broken"):
        workspace.get("broken")


@pytest.mark.parametrize(
    "line",
    [
        '"clientSecret": "hunter2hunter2"',
        '"client_secret": "hunter2hunter2"',
        '"Password": "hunter2hunter2"',
        '"x": {"y": [{"refresh-token": ["hunter2hunter2"]}]}',
        '"certificate": "-----BEGIN PRIVATE KEY-----hunter2hunter2"',
        '"note": "eyJhbGciOiJSUzI1NiJ9.eyJodW50ZXIyIjoiaHVudGVyMiJ9.hunter2hunter2"',
    ],
)
def test_a_secret_in_a_file_is_reported_and_not_repeated(workspace: Workspace, line: str) -> None:
    put(workspace, "a.json", BODY + ",\n" + line + "\n}")
    text = only_problem(workspace)
    assert "holds a secret. Line 5: " in text
    assert "hunter2" not in repr(workspace.list())


def test_a_secret_pasted_into_the_wrong_field_is_not_repeated(workspace: Workspace) -> None:
    put(workspace, "a.json", BODY + ',\n"secretExpires": "hunter2~hunter2"\n}')
    assert "Line 5: “secretExpires”" in only_problem(workspace)
    assert "hunter2" not in repr(workspace.list())


@pytest.mark.parametrize(
    "content",
    [
        "[" * 80 + '"' + '\\"' * 499_000,  # a text without end, in which each quote could begin another
        '{"a":[' + '"' * 900_000,
        "{" + ",".join(f'"k{number}":1' for number in range(70_000)) + ',"k0":2}',
        '{"id":"abc",' + ",".join(f'"k{number}":1' for number in range(70_000)) + ',"sso":2}',
        '{"id":"abc","x":[' + ",".join(["9" * 3999] * 240) + "," + "9" * 4400 + "]}",
        '{"id":"abc","x":"' + "-----BEGIN A" * 80_000 + '"}',
        '{"id":"abc","x":"eyJ' + "a" * 900_000 + '"}',
        "\n" * 999_000,
        "<" * 999_000,
    ],
)
def test_a_file_made_to_take_long_takes_a_moment(workspace: Workspace, content: str) -> None:
    put(workspace, "a.json", content)
    listing = workspace.list()  # a search that starts anew at each place would take hours: pytest's time limit
    assert len(listing.entries) + len(listing.unreadable) == 1


@pytest.mark.parametrize("line", ['"secretExpires": "2027-01-31"', '"clientSecret": ""', '"tokenDays": 90'])
def test_what_only_sounds_like_a_secret_is_read(workspace: Workspace, line: str) -> None:
    put(workspace, "a.json", BODY + "," + line + "}")
    assert workspace.get("A")


def test_bad_values_are_read_for_the_checks_to_judge(workspace: Workspace) -> None:
    put(workspace, "a.json", '{"id": "abc", "tenant": "abc", "clientId": "?", "cloud": "moon", "login": "ftp:"}')
    entry = workspace.get("abc")
    assert (entry.source.cloud, entry.source.tenant) == ("moon", "abc")


def test_a_byte_order_mark_is_accepted(workspace: Workspace) -> None:
    put(workspace, "a.json", codecs.BOM_UTF8 + b'{"id": "abc", "name": "A"}')
    entry = workspace.get("A")
    workspace.save(entry.source.replace(sso=True), entry.version)
    assert not entry.path.read_bytes().startswith(codecs.BOM_UTF8)


def test_a_time_without_zone_is_utc(workspace: Workspace) -> None:
    put(workspace, "a.json", '{"id": "abc", "modified": "2026-01-31T12:00:00"}')
    assert workspace.get("abc").source.modified == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_what_is_no_file_is_reported_and_never_waited_for(workspace: Workspace, tmp_path: Path) -> None:
    good = workspace.save(new("Good"), None)
    folder = good.path.parent
    (folder / "folder.json").mkdir()
    (folder / "link.json").symlink_to(tmp_path / "elsewhere")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    os.mkfifo(folder / "pipe.json")
    listing = workspace.list()
    assert listing.entries == (good,)
    names = [item.path.name for item in listing.unreadable]
    assert names == ["folder.json", "link.json", "loop.json", "pipe.json"]
    assert {item.problem.code for item in listing.unreadable} == {"not-a-file"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_file_name_that_is_no_text_is_shown_all_the_same(workspace: Workspace) -> None:
    path = put(workspace, os.fsdecode(b"caf\xe9.json"), "broken")
    (item,) = workspace.list().unreadable
    assert item.path == path
    assert item.problem.sentence().encode().startswith(b"caf?.json")


def test_other_files_are_none_of_our_business(workspace: Workspace) -> None:
    good = workspace.save(new("Good"), None)
    for name in ("README.md", "good.json~", ".good.json.swp", ".hidden.json", "x.json.bak"):
        put(workspace, name, "?")
    assert workspace.list().entries == (good,)
    assert workspace.list().unreadable == ()


def test_old_temporary_files_are_swept_and_new_ones_left(workspace: Workspace) -> None:
    entry = workspace.save(new("A"), None)
    old = put(workspace, ".123-0123456789ab.tmp", "half a fi")
    os.utime(old, (time.time() - 7200,) * 2)
    fresh = put(workspace, ".124-0123456789ab.tmp", "half a fi")
    theirs = [put(workspace, name, "mine") for name in ("notes.tmp", ".notes.tmp", ".1-a.tmp")]
    for path in theirs:
        os.utime(path, (time.time() - 7200,) * 2)
    workspace.save(entry.source, entry.version)
    assert (old.exists(), fresh.exists()) == (False, True)
    assert all(path.exists() for path in theirs)


def test_a_second_file_with_an_id_is_reported_alike_everywhere(workspace: Workspace) -> None:
    entry = workspace.save(new("Contoso"), None)
    changed = entry.path.read_text().replace('"sso": false', '"sso": true')
    put(workspace, "contoso (Ada's conflicted copy).json", changed)
    put(workspace, "a copy.json", entry.path.read_text())
    listing = workspace.list()
    assert listing.entries == (entry,)
    assert [item.path.name for item in listing.unreadable] == [
        "a copy.json",
        "contoso (Ada's conflicted copy).json",
    ]
    texts = [item.problem.sentence() for item in listing.unreadable]
    assert "the same details" in texts[0]
    assert "other details" in texts[1]
    assert workspace.list() == listing


def test_two_files_with_one_name_are_read_but_not_found_by_name(workspace: Workspace) -> None:
    put(workspace, "a.json", '{"id": "one", "name": "Contoso"}')
    put(workspace, "b.json", '{"id": "two", "name": "CONTOSO"}')
    listing = workspace.list()
    assert len(listing.entries) == 2
    (clash,) = listing.clashes
    assert clash.path.name == "b.json"
    with pytest.raises(ProblemError, match=r"Several data sources.*a\.json, b\.json"):
        workspace.get("contoso")
    entry = workspace.get("two")
    entry = workspace.save(entry.source.replace(sso=True), entry.version)  # may be changed before it is renamed
    workspace.save(entry.source.replace(name="Fabrikam"), entry.version)
    assert workspace.list().clashes == ()


def test_a_newer_file_is_left_alone(workspace: Workspace) -> None:
    path = put(workspace, "a.json", '{"version": 2, "id": "abc", "name": "A", "shape": "unheard of"}')
    before = path.read_bytes()
    (item,) = workspace.list().unreadable
    assert item.problem.code == "newer-version"
    with pytest.raises(ProblemError, match="newer"):
        workspace.save(DataSource(id="abc", name="A"), "base")
    with pytest.raises(ProblemError, match="newer"):
        workspace.delete("a.json")
    assert path.read_bytes() == before


# --- the schema ---------------------------------------------------------------------------------------------------


@pytest.fixture
def schema() -> jsonschema.Draft202012Validator:
    content = json.loads((paths.resources() / "data-source.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content, format_checker=jsonschema.FormatChecker())


def test_the_schema_describes_every_key_and_every_cloud(schema: jsonschema.Draft202012Validator) -> None:
    content = schema.schema
    assert isinstance(content, Mapping)
    assert list(content["properties"]) == ["$schema", "version", *data_source_file._KEYS]
    assert content["$id"] == data_source_file.SCHEMA
    assert content["properties"]["cloud"]["enum"] == list(CLOUDS)
    assert content["properties"]["signIn"]["enum"] == [str(way) for way in SignIn]


@pytest.mark.parametrize("source", [new("A"), new("", **FULL), new("B", login="https://x", extra={"team": ["a"]})])
def test_saved_files_are_valid(
    workspace: Workspace, schema: jsonschema.Draft202012Validator, source: DataSource
) -> None:
    schema.validate(json.loads(workspace.save(source, None).path.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2}, {"id": "../x"}, {"id": None}, {"sso": "yes"}, {"signIn": "magic"}, {"cloud": "moon"},
        {"$schema": "x"}, {"secretExpires": "soon"}, {"tenant": 5}, {"clientSecret": "x"}, {"apiKey": "x"},
    ],
)  # fmt: skip
def test_the_schema_refuses_what_is_wrong(
    schema: jsonschema.Draft202012Validator, change: dict[str, object]
) -> None:
    body = json.loads(data_source_file.encode(new("A")))
    assert schema.is_valid(body)
    assert not schema.is_valid({**body, **change})
    assert not schema.is_valid([body])


def test_listing_a_thousand_is_fast_against_reading_them(workspace: Workspace) -> None:
    for number in range(1000):
        put(workspace, f"n-{number}.json", data_source_file.encode(new(f"N {number}", **FULL)))
    folder = workspace.folder / "data-sources"

    def bare() -> None:
        for path in folder.iterdir():
            json.loads(path.read_bytes())

    best = {}
    for name, act in {"bare": bare, "list": workspace.list}.items():
        times = []
        for _ in range(3):
            began = time.perf_counter()
            act()
            times.append(time.perf_counter() - began)
        best[name] = min(times)
    assert len(workspace.list().entries) == 1000
    # Measured 2.5; a listing that does something dear for each file would be far beyond.
    assert best["list"] < 12 * best["bare"], best
