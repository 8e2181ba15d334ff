"""A secret belongs to the connection that it was given for: whoever can write a data source's file gets nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
import trustme
from msgspec.structs import replace

from o365desk import catalogue
from o365desk.app import build
from o365desk.model.approval import FILE_FIELDS, root
from o365desk.model.datasource import FIELDS, TEXTS, DataSource, SignIn, copy_of, new
from o365desk.model.fields import Kind
from o365desk.model.problems import NOT_APPROVED, Problem, ProblemError
from o365desk.model.run import Run
from o365desk.model.secret import Secret
from o365desk.model.status import Word
from o365desk.model.stop import Control, Stop
from o365desk.services.http import trust
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.vault.keychain import Unavailable
from o365desk.services.vault.vault import APPROVED, CLIENT_SECRET, ENVIRONMENT
from o365desk.services.workspace.workspace import FolderListing
from tests import stranger
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.recorder import Hosts, hosts
from tests.services.bulk import Bulk, everything
from tests.services.meddling import meddle
from tests.services.state.stepping import file_before
from tests.stranger import ELSEWHERE, strange_certificate

ADD = "add-user-to-group"


@dataclass
class Shared:
    """A data source in a shared workspace whose traffic is written down, approved and used once."""

    desk: Desk
    hosts: Hosts
    bulk: Bulk

    @property
    def source(self) -> DataSource:
        return self.desk.app.workspace.get(self.bulk.source.id).source

    @property
    def file(self) -> Path:
        return self.desk.app.workspace.get(self.bulk.source.id).path

    def tamper(self, **changes: Any) -> None:
        """A stranger writes the file."""
        self.file.write_text(json.dumps(json.loads(self.file.read_text("utf-8")) | changes), "utf-8")

    def refused(self, act: Callable[[], object]) -> None:
        """It is refused, and nobody hears of it."""
        self.hosts.forget()
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.code == NOT_APPROVED, caught.value.problem
        command = f"o365desk --workspace {self.desk.app.workspace.folder} secret approve"
        assert command in caught.value.problem.remedy
        assert self.hosts.came == []


@pytest.fixture
def shared(desk: Desk, client: Client, tmp_path: Path) -> Iterator[Shared]:
    with hosts(tmp_path, desk.ready) as made:
        source = everything(desk, client)
        entry = desk.app.workspace.get(source.id)
        moved = source.replace(login=made.login.root, graph=made.graph.root, ca_file=str(made.ca_file))
        source = desk.app.connections.save(moved, entry.version).source
        desk.person.ready = desk.ready | {"ca_file": str(made.ca_file)}
        yield Shared(desk, made, Bulk(desk, client, source))


def another_ca(shared: Shared) -> None:
    file = shared.hosts.ca_file
    file.write_bytes(file.read_bytes() + trustme.CA().cert_pem.bytes())


def another_ca_file(shared: Shared) -> None:
    file = shared.hosts.ca_file.with_name("theirs.pem")
    file.write_bytes(shared.hosts.ca_file.read_bytes() + trustme.CA().cert_pem.bytes())
    shared.tamper(caFile=str(file))


def a_copy_in_front(shared: Shared) -> None:
    """A file of the stranger's own with the id, which comes first by its name; and ours is changed as well."""
    content = json.loads(shared.file.read_text("utf-8")) | {"login": shared.hosts.other_login.root, "name": "aaa"}
    shared.file.with_name("aaa.json").write_text(json.dumps(content), "utf-8")
    shared.tamper(graph=shared.hosts.other_graph.root)


def another_certificate(shared: Shared) -> None:
    shared.tamper(signIn="certificate", certificate=strange_certificate(shared.hosts.ca_file.parent))


CHANGES: dict[str, Callable[[Shared], None]] = {
    "login": lambda it: it.tamper(login=it.hosts.other_login.root),
    "the login's port": lambda it: it.tamper(login=f"{it.hosts.login.root.rpartition(':')[0]}:443"),
    "graph": lambda it: it.tamper(graph=it.hosts.other_graph.root),
    "both": lambda it: it.tamper(login=it.hosts.other_login.root, graph=it.hosts.other_graph.root),
    "cloud": lambda it: it.tamper(cloud="global"),
    "the authorities": another_ca,
    "another CA file": another_ca_file,
    "no CA file": lambda it: it.tamper(caFile=""),
    "tenant": lambda it: it.tamper(tenant=ELSEWHERE),
    "client ID": lambda it: it.tamper(clientId=ELSEWHERE),
    "certificate": another_certificate,
    "a copy in front": a_copy_in_front,
}


def test_somebody_who_may_write_the_files_changes_every_part_of_a_connection(tmp_path: Path) -> None:
    """In the tests of every command and every page."""
    file, ca_file = tmp_path / "contoso.json", tmp_path / "authorities.pem"
    host = SimpleNamespace(root="https://localhost:1")
    made = SimpleNamespace(login=host, graph=host, other_login=host, other_graph=host, ca_file=ca_file)
    changed: set[str] = set()
    for change in stranger.CHANGES.values():
        file.write_text("{}", "utf-8")
        change(stranger.Stranger(cast(Hosts, made), lambda: file))
        changed |= json.loads(file.read_text("utf-8")).keys()
    assert {TEXTS.get(name, "signIn") for name in FILE_FIELDS} == changed


def failed_run(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with a row that failed, and can be tried again."""
    with monkeypatch.context() as patched:
        meddle(patched, lambda item: (400, "said") if item["method"] != "GET" else None)
        return shared.bulk.done(ADD, shared_rows(shared))[1]


def stopped_run(shared: Shared) -> Run:
    """A run that was cancelled before anything was sent."""
    control = Control()
    control.cancel()
    return shared.bulk.apply(shared.bulk.plan(ADD, shared_rows(shared)), control)


def shared_rows(shared: Shared) -> list[dict[str, str]]:
    group = shared.bulk.group("security")
    return [{"group": group, "user": user["id"]} for user in shared.bulk.outsiders(group, 2)]


def test_each_way_works_as_long_as_nothing_is_changed_and_the_relay_hears_the_secret(shared: Shared) -> None:
    """Or the tests below could not fail: with the same relays approved, all goes through, secret and tokens too."""
    assert shared.desk.test(shared.source).outcome == "succeeded"
    secret = shared.desk.app.vault.get(shared.source.id, CLIENT_SECRET)
    assert secret
    assert any(secret.reveal() in text for text in shared.hosts.login.came)
    assert any("Bearer ey" in text for text in shared.hosts.graph.came)
    assert not shared.hosts.other_login.came


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_sent_to_anybody_once_a_part_of_the_connection_is_another(
    shared: Shared, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every way on which the program reaches the network, with each part changed."""
    app, source_id = shared.desk.app, shared.bulk.source.id
    _, done = shared.bulk.done(ADD, shared_rows(shared))
    failed, stopped = failed_run(shared, monkeypatch), stopped_run(shared)
    plan = shared.bulk.plan(ADD, shared_rows(shared))
    before = shared.file.read_bytes(), shared.hosts.ca_file.read_bytes()
    file = shared.file

    CHANGES[change](shared)
    shared.hosts.forget()
    source = app.workspace.get(source_id).source
    ways: dict[str, Callable[[], object]] = {
        "test": lambda: shared.desk.test(source),
        "authorise": lambda: shared.desk.authorise(source),
        "read": lambda: app.runner.read(source, catalogue.operation("user-list"), {}, Stop(), lambda _: None),
        "suggest": lambda: app.runner.suggest(source, Kind.USER, "anna", Stop()),
        "plan": lambda: app.runner.plan(source, catalogue.operation(ADD), (), Stop(), lambda _: None),
        "apply": lambda: app.runner.apply(source, plan, Control(), lambda _: None),
        "resume": lambda: app.runner.resume(stopped.id, Control(), lambda _: None),
        "undo": lambda: app.runner.undo(done.id, Stop(), lambda _: None),
        "retry": lambda: app.runner.retry(failed.id, Stop(), lambda _: None),
    }
    for act in ways.values():
        shared.refused(act)
    status = app.connections.status(source)
    assert (status.word, status.state) == (Word.INCOMPLETE, "changed since it was approved")

    # The restored file works again without a question.
    for extra in file.parent.glob("aaa.json"):
        extra.unlink()
    file.write_bytes(before[0])
    shared.hosts.ca_file.write_bytes(before[1])
    assert shared.desk.test(app.workspace.get(source_id).source).outcome == "succeeded"


@pytest.mark.parametrize("change", ["login", "graph", "tenant", "client ID", "the authorities"])
def test_an_administrators_tokens_go_nowhere_else_either(shared: Shared, change: str) -> None:
    entry = shared.desk.app.workspace.get(shared.source.id)
    profile = shared.desk.ready["apps"]["read-write"]["client_id"]
    changed = entry.source.replace(sign_in=SignIn.ADMINISTRATOR, client_id=profile)
    source = shared.desk.app.connections.save(changed, entry.version).source
    shared.desk.authorise(source)
    assert shared.desk.test(source).outcome == "succeeded"
    CHANGES[change](shared)
    shared.refused(lambda: shared.desk.test(shared.source))
    shared.refused(lambda: shared.desk.authorise(shared.source))
    shared.refused(lambda: shared.desk.authorise(shared.source, device_code=True))
    assert len(shared.desk.person.opened) == 1


@pytest.mark.parametrize("change", ["login", "graph", "tenant", "client ID", "the authorities"])
def test_a_certificate_signs_for_nobody_else(shared: Shared, change: str) -> None:
    """It lies in a file, and no vault is asked for it; what it was given for counts all the same."""
    entry = shared.desk.app.workspace.get(shared.source.id)
    app = shared.desk.ready["apps"]["read-write"]
    changed = entry.source.replace(
        sign_in=SignIn.CERTIFICATE, certificate=app["certificate"], client_id=app["client_id"]
    )
    source = shared.desk.app.connections.save(changed, entry.version).source
    # It speaks for the relay's address, so that the practice tenant does not take it; but it was sent.
    assert shared.desk.test(source).outcome == "failed"
    assert any("client_assertion=" in text for text in shared.hosts.login.came)
    CHANGES[change](shared)
    shared.refused(lambda: shared.desk.test(shared.source))


def test_a_file_that_was_never_used_here_does_not_get_a_certificate_signed(shared: Shared) -> None:
    """A stranger names the file of a key that lies on this computer, in a data source of their own."""
    app = shared.desk.ready["apps"]["read-write"]
    theirs = shared.source.replace(
        id=new().id,
        name="Theirs",
        sign_in=SignIn.CERTIFICATE,
        certificate=app["certificate"],
        login=shared.hosts.other_login.root,
    )
    shared.desk.app.workspace.save(theirs, None)  # by nobody here
    shared.refused(lambda: shared.desk.test(shared.desk.app.workspace.get("Theirs").source))


# --- moving on ------------------------------------------------------------------------------------------------


def test_one_look_and_one_approval_move_on(shared: Shared) -> None:
    approvals = shared.desk.app.approvals
    CHANGES["both"](shared)
    review = approvals.review(shared.source)
    assert review.needed
    assert review.then is not None
    assert [part.title for part in review.parts if not part.same] == ["Login address", "Graph address"]
    assert (review.parts[0].then, review.parts[0].now) == (shared.hosts.login.root, shared.hosts.other_login.root)
    approvals.approve(shared.source, review.mark)
    assert not approvals.review(shared.source).needed
    assert shared.desk.test(shared.source).outcome == "succeeded"
    assert shared.hosts.other_login.came


def test_a_ca_that_rolled_over_takes_one_look_and_one_approval(shared: Shared) -> None:
    approvals = shared.desk.app.approvals
    CHANGES["the authorities"](shared)
    shared.refused(lambda: shared.desk.test(shared.source))
    review = approvals.review(shared.source)
    assert [part.title for part in review.parts if not part.same] == [FIELDS["caFile"].plain_label]
    approvals.approve(shared.source, review.mark)
    assert shared.desk.test(shared.source).outcome == "succeeded"


def test_a_certificate_that_was_renewed_takes_one_look_and_one_approval(shared: Shared) -> None:
    """Its file is another, its name the same."""
    app = shared.desk.ready["apps"]["read-write"]
    file = shared.hosts.ca_file.with_name("connector.pem")
    file.write_bytes(Path(app["certificate"]).read_bytes())
    entry = shared.desk.app.workspace.get(shared.source.id)
    changed = entry.source.replace(sign_in=SignIn.CERTIFICATE, certificate=str(file), client_id=app["client_id"])
    source = shared.desk.app.connections.save(changed, entry.version).source
    file.write_bytes(Path(strange_certificate(shared.hosts.ca_file.parent)).read_bytes())
    shared.refused(lambda: shared.desk.test(source))
    review = shared.desk.app.approvals.review(source)
    (part,) = [part for part in review.parts if not part.same]
    assert part.title == "Certificate"
    assert "CN=another" in part.now
    assert "CN=another" not in part.then
    shared.desk.app.approvals.approve(source, review.mark)
    shared.hosts.forget()
    shared.desk.test(source)
    assert any("client_assertion=" in text for text in shared.hosts.login.came)


def test_a_ca_file_that_a_person_chooses_is_approved_by_that_and_said(shared: Shared) -> None:
    entry = shared.desk.app.workspace.get(shared.source.id)
    file = shared.hosts.ca_file.with_name("theirs.pem")
    file.write_bytes(shared.hosts.ca_file.read_bytes() + trustme.CA().cert_pem.bytes())
    saved = shared.desk.app.connections.save(entry.source.replace(ca_file=str(file)), entry.version).source
    said = shared.desk.app.approvals.leads(entry.source, saved)
    assert f"trusting the authorities in {file}" in said
    assert shared.desk.test(saved).outcome == "succeeded"


def test_only_what_was_looked_at_is_approved(shared: Shared) -> None:
    approvals = shared.desk.app.approvals
    CHANGES["login"](shared)
    mark = approvals.review(shared.source).mark
    CHANGES["graph"](shared)
    with pytest.raises(ProblemError) as caught:
        approvals.approve(shared.source, mark)
    assert caught.value.problem.code == NOT_APPROVED
    shared.refused(lambda: shared.desk.test(shared.source))


def test_going_back_puts_the_approved_connection_into_the_file(shared: Shared) -> None:
    connections, workspace = shared.desk.app.connections, shared.desk.app.workspace
    before = shared.source
    CHANGES["both"](shared)
    CHANGES["tenant"](shared)
    shared.tamper(name="Renamed by them")
    entry = connections.go_back(workspace.get(shared.source.id))
    assert {name: getattr(entry.source, name) for name in FILE_FIELDS} == {
        name: getattr(before, name) for name in FILE_FIELDS
    }
    assert entry.source.name == "Renamed by them"
    assert shared.desk.test(shared.source).outcome == "succeeded"
    assert not shared.hosts.other_login.came


def test_what_a_person_changes_here_is_approved_by_that_and_said(shared: Shared) -> None:
    connections, entry = shared.desk.app.connections, shared.desk.app.workspace.get(shared.source.id)
    changed = entry.source.replace(login=shared.hosts.other_login.root)
    # Tried before it is saved, and saved.
    report = connections.test(changed, Stop(), lambda _: None, opened=entry.source)
    assert report.outcome == "succeeded"
    saved = connections.save(changed, entry.version).source
    assert shared.desk.test(saved).outcome == "succeeded"
    assert shared.hosts.other_login.root in shared.desk.app.approvals.leads(entry.source, saved)
    assert shared.desk.app.approvals.leads(saved, saved.replace(name="Another name")) == ""


def test_a_persons_change_does_not_approve_what_a_stranger_changed(shared: Shared) -> None:
    """Somebody opens what a stranger has written, corrects the name and a check box, and saves."""
    connections, approvals = shared.desk.app.connections, shared.desk.app.approvals
    CHANGES["login"](shared)
    entry = shared.desk.app.workspace.get(shared.source.id)
    mine = entry.source.replace(name="Corrected", read_write=False, tenant=shared.desk.ready["domain"])
    with pytest.raises(ProblemError):
        connections.test(mine, Stop(), lambda _: None, opened=entry.source)
    saved = connections.save(mine, entry.version).source
    assert approvals.leads(entry.source, saved) == ""
    shared.refused(lambda: shared.desk.test(saved))


def test_an_address_that_waits_in_the_file_is_no_persons(shared: Shared) -> None:
    """A stranger puts a login address beside a cloud of Microsoft's; somebody chooses "custom" later."""
    connections, workspace = shared.desk.app.connections, shared.desk.app.workspace
    entry = workspace.get(shared.source.id)
    entry = connections.save(entry.source.replace(cloud="global", login="", graph=""), entry.version)
    shared.tamper(login=shared.hosts.other_login.root, graph=shared.hosts.other_graph.root)
    entry = workspace.get(shared.source.id)
    assert not shared.desk.app.approvals.review(entry.source).needed
    saved = connections.save(entry.source.replace(cloud="custom"), entry.version).source
    shared.refused(lambda: shared.desk.test(saved))


def test_a_draft_from_another_version_of_the_file_is_judged_as_it_is(shared: Shared) -> None:
    """Typed over a stranger's version that was taken back meanwhile: their address is no person's change."""
    connections = shared.desk.app.connections
    theirs = shared.source.replace(login=shared.hosts.other_login.root, name="Typed over theirs")
    shared.refused(lambda: connections.test(theirs, Stop(), lambda _: None))
    assert connections.problems(theirs)[0].code == NOT_APPROVED


def test_typed_secrets_do_not_go_where_the_kept_ones_may_not(shared: Shared) -> None:
    connections, approvals = shared.desk.app.connections, shared.desk.app.approvals
    CHANGES["login"](shared)
    typed = Credential(secret=Secret("x" * 40))
    shared.refused(lambda: shared.desk.test(shared.source, typed))
    shared.refused(lambda: connections.keep(shared.source, typed))
    shared.refused(lambda: approvals.refuse_other(shared.source))
    # Saved by the form it is kept, and stays where it is until somebody has looked.
    entry = shared.desk.app.workspace.get(shared.source.id)
    connections.save(entry.source, entry.version, typed)
    shared.refused(lambda: shared.desk.test(shared.source))


def test_a_secret_given_anew_for_what_is_approved_asks_nothing(shared: Shared) -> None:
    typed = Credential(secret=shared.desk.app.vault.get(shared.source.id, CLIENT_SECRET))
    shared.desk.app.connections.keep(shared.source, typed)
    assert shared.desk.test(shared.source).outcome == "succeeded"


def test_another_clone_with_the_same_connection_asks_nothing(shared: Shared, tmp_path: Path) -> None:
    """Another folder, other ends of lines, the CA file under another path: the connection is the same."""
    app = shared.desk.app
    clone = build(tmp_path / "clone", state_folder=app.state.folder, session_only=True, clock=app.clock)
    vault = app.vault
    (tmp_path / "clone" / "data-sources").mkdir(parents=True)
    file = tmp_path / "clone" / "authorities.pem"
    file.write_bytes(shared.hosts.ca_file.read_bytes().replace(b"\n", b"\r\n"))
    content = json.loads(shared.file.read_text("utf-8")) | {"caFile": str(file)}
    (tmp_path / "clone" / "data-sources" / "same.json").write_text(json.dumps(content), "utf-8")
    source = clone.workspace.get(shared.source.id).source
    clone.vault.put(source.id, {CLIENT_SECRET: vault.get(source.id, CLIENT_SECRET)})  # type: ignore[dict-item]
    assert clone.connections.test(source, Stop(), lambda _: None).outcome == "succeeded"
    clone.close()


def test_of_two_files_with_one_id_the_approved_one_is_the_data_source(shared: Shared) -> None:
    content = json.loads(shared.file.read_text("utf-8")) | {"login": shared.hosts.other_login.root, "name": "aaa"}
    shared.file.with_name("aaa.json").write_text(json.dumps(content), "utf-8")
    listing = shared.desk.app.workspace.list()
    assert [entry.source.login for entry in listing.entries] == [shared.hosts.login.root]
    assert [item.path.name for item in listing.unreadable] == ["aaa.json"]
    assert shared.desk.test(shared.source).outcome == "succeeded"


def test_a_copy_under_a_new_id_takes_nothing_along(shared: Shared) -> None:
    theirs = copy_of(shared.source, "Copy").replace(login=shared.hosts.other_login.root)
    shared.hosts.forget()
    assert shared.desk.test(theirs).outcome == "failed"
    assert shared.hosts.came == []


# --- what earlier versions kept, and what is lost ---------------------------------------------------------------


def forget_approval(shared: Shared) -> None:
    """As today's version kept it."""
    app = shared.desk.app
    secret = app.vault.get(shared.source.id, CLIENT_SECRET)
    assert secret
    app.vault.delete(shared.source.id)
    app.vault.put(shared.source.id, {CLIENT_SECRET: secret})
    app.state.record_approval(shared.source.id, None)


def test_a_secret_of_an_earlier_version_is_approved_once(shared: Shared) -> None:
    connections, approvals = shared.desk.app.connections, shared.desk.app.approvals
    forget_approval(shared)
    shared.refused(lambda: shared.desk.test(shared.source))
    assert connections.status(shared.source).state == "not approved yet"
    review = approvals.review(shared.source)
    assert (review.then, review.needed) == (None, True)
    assert review.parts[0].now == shared.hosts.login.root
    approvals.approve(shared.source, review.mark)
    assert shared.desk.test(shared.source).outcome == "succeeded"


def test_a_sign_in_of_an_earlier_version_too(shared: Shared) -> None:
    entry = shared.desk.app.workspace.get(shared.source.id)
    profile = shared.desk.ready["apps"]["read-write"]["client_id"]
    changed = entry.source.replace(sign_in=SignIn.ADMINISTRATOR, client_id=profile)
    source = shared.desk.app.connections.save(changed, entry.version).source
    shared.desk.authorise(source)
    forget_approval(shared)
    file = shared.desk.app.state.folder / "tokens" / f"{source.id}.bin"
    file.parent.mkdir()
    file.write_bytes(b"as an earlier version wrote it")
    shared.refused(lambda: shared.desk.test(source))
    shared.desk.authorise(source)  # anew: nothing that was kept is used, and what comes is for this
    assert shared.desk.test(source).outcome == "succeeded"


def test_the_vault_remembers_what_the_state_has_lost(shared: Shared) -> None:
    app = shared.desk.app
    app.state.record_approval(shared.source.id, None)
    assert shared.desk.test(shared.source).outcome == "succeeded"
    CHANGES["login"](shared)
    shared.refused(lambda: shared.desk.test(shared.source))
    assert app.approvals.review(shared.source).then is None
    with pytest.raises(ProblemError) as caught:
        app.connections.go_back(app.workspace.get(shared.source.id))
    assert caught.value.problem.code == "no-approval"


def test_an_approval_made_in_the_state_alone_opens_nothing(shared: Shared) -> None:
    """Where the vault knows, it has the last word."""
    app = shared.desk.app
    CHANGES["login"](shared)
    approved, review = app.state.approval(shared.source.id), app.approvals.review(shared.source)
    assert approved
    changed = replace(approved.connection, login=shared.hosts.other_login.root)
    app.state.record_approval(shared.source.id, replace(approved, connection=changed))
    assert changed.mark == review.mark
    shared.refused(lambda: shared.desk.test(shared.source))


def test_forgetting_a_data_source_forgets_its_approval(shared: Shared) -> None:
    app, source = shared.desk.app, shared.source
    app.connections.forget(source.id)
    assert app.vault.get(source.id, APPROVED) is None
    assert app.state.approval(source.id) is None


def test_a_file_from_before_approvals_opens(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    old = file_before("0004-approvals", folder / "state.sqlite")
    old.use(lambda connection: connection.execute("INSERT INTO remembered VALUES ('key', x'31')"))
    old.close()
    app = build(tmp_path / "workspace", state_folder=folder)
    assert app.state.approval("x") is None
    assert app.state.remembered("key") == b"1"
    app.close()


def test_a_save_that_fails_leaves_what_was_approved(shared: Shared) -> None:
    app = shared.desk.app
    changed = shared.source.replace(login=shared.hosts.other_login.root)
    from o365desk.services.workspace.workspace import ConflictError

    with pytest.raises(ConflictError):
        app.connections.save(changed, "another version", Credential(secret=Secret("x" * 40)), shared.source)
    assert shared.desk.test(shared.source).outcome == "succeeded"
    assert app.vault.get(shared.source.id, CLIENT_SECRET) != Secret("x" * 40)


def test_a_draft_without_secrets_needs_no_vault(tmp_path: Path) -> None:
    app = build(tmp_path / "w", state_folder=tmp_path / "s")
    entry = app.connections.save(new("Draft", tenant="contoso.com"), None)
    app.connections.save(entry.source.replace(tenant="fabrikam.com"), entry.version, NO_CREDENTIAL)
    assert app.vault._looked is False
    assert app.state.approval(entry.source.id) is None
    app.close()


# --- between two steps ------------------------------------------------------------------------------------------


def add_authority(file: Path) -> None:
    """A stranger adds an authority of their own to a CA file that everybody can write."""
    file.write_bytes(file.read_bytes() + trustme.CA(organization_name="Mallory").cert_pem.bytes())


def test_authorities_that_were_added_while_somebody_signed_in_are_not_approved(shared: Shared) -> None:
    entry = shared.desk.app.workspace.get(shared.source.id)
    profile = shared.desk.ready["apps"]["read-write"]["client_id"]
    changed = entry.source.replace(sign_in=SignIn.ADMINISTRATOR, client_id=profile)
    source = shared.desk.app.connections.save(changed, entry.version).source
    shared.desk.app.connections.authorise(source, Stop(), lambda _: add_authority(shared.hosts.ca_file))
    shared.refused(lambda: shared.desk.test(shared.source))


def test_authorities_that_were_added_between_judging_and_keeping_are_not_approved(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, app = trust.read_ca, shared.desk.app

    def read_and_swap(file: str) -> bytes:
        found = real(file)
        if len(looked) == 0:
            add_authority(Path(file))
        looked.append(file)
        return found

    entry = app.workspace.get(shared.source.id)
    typed = Credential(secret=app.vault.get(shared.source.id, CLIENT_SECRET))
    before = shared.hosts.ca_file.read_bytes()
    for act in (
        lambda: app.connections.save(entry.source.replace(name="Renamed"), entry.version),
        lambda: app.connections.keep(shared.source, typed),
    ):
        looked: list[str] = []
        with monkeypatch.context() as patched:
            patched.setattr(trust, "read_ca", read_and_swap)
            act()
        shared.refused(lambda: shared.desk.test(shared.source))
        shared.hosts.ca_file.write_bytes(before)
        assert shared.desk.test(shared.source).outcome == "succeeded"


def test_going_back_approves_no_file_that_has_changed(shared: Shared) -> None:
    """A stranger adds an authority to the approved CA file, and lets the data source name another one."""
    connections, workspace = shared.desk.app.connections, shared.desk.app.workspace
    shared.tamper(caFile="")
    add_authority(shared.hosts.ca_file)
    back = connections.go_back(workspace.get(shared.source.id))
    assert back.source.ca_file == str(shared.hosts.ca_file)
    shared.refused(lambda: shared.desk.test(shared.source))


def test_a_file_that_changes_to_and_fro_while_somebody_saves_is_not_approved(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version lies there only while it is looked up what the person began with."""
    app = shared.desk.app
    CHANGES["login"](shared)
    entry, file = app.workspace.get(shared.source.id), shared.file
    theirs, real, looks = file.read_bytes(), app.workspace.list, []

    def flickering() -> FolderListing:
        looks.append(1)
        file.write_bytes(theirs + b"\n" if len(looks) == 1 else theirs)
        try:
            return real()
        finally:
            file.write_bytes(theirs)

    with monkeypatch.context() as patched:
        patched.setattr(app.workspace, "list", flickering)
        app.connections.save(entry.source.replace(read_write=False), entry.version)
    assert looks
    shared.refused(lambda: shared.desk.test(shared.source))


def test_a_state_that_was_lost_lets_nobody_sign_in_elsewhere(shared: Shared) -> None:
    shared.desk.app.state.record_approval(shared.source.id, None)
    CHANGES["login"](shared)
    shared.refused(lambda: shared.desk.app.approvals.refuse_other(shared.source))
    shared.tamper(signIn="administrator")
    shared.refused(lambda: shared.desk.authorise(shared.source))


# --- what is compared is what is used, and what is shown ----------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda root: f"{root}/relay",
        lambda root: f"{root}?to=",
        lambda root: f"{root}#",
        lambda root: f" {root}",
        lambda root: f"{root}\\@localhost",
        lambda root: root.replace("https://", "https://a@"),
        lambda root: root.replace("localhost", "localhost."),
        lambda root: root.replace("localhost", "local\thost"),
        lambda root: root.replace("localhost", "LOCALHO\u017fT"),
        lambda root: root.replace("localhost", "127.0.0.1"),
        lambda root: root.replace("https:", "http:"),
        lambda root: root.replace("https:", "https:/"),
    ],
)
@pytest.mark.parametrize("key", ["login", "graph"])
def test_an_address_that_only_resembles_the_approved_one_is_another(
    shared: Shared, key: str, make: Callable[[str], str]
) -> None:
    shared.tamper(**{key: make(getattr(shared.source, key))})
    shared.hosts.forget()
    ways: tuple[Callable[[], object], ...] = (
        lambda: shared.desk.app.runner.suggest(shared.source, Kind.USER, "anna", Stop()),
        lambda: shared.desk.test(shared.source),
    )
    for act in ways:
        with pytest.raises(ProblemError) as caught:
            act()
        # What looks like an address with a password has its file not read at all.
        assert caught.value.problem.code in (NOT_APPROVED, "not-found")
    assert shared.hosts.came == []


def test_what_changes_nothing_asks_nothing(shared: Shared) -> None:
    """Upper and lower case, a slash at the end, the same CA file elsewhere, another cloud with the same hosts."""
    elsewhere = shared.hosts.ca_file.with_name("renamed.pem")
    elsewhere.write_bytes(shared.hosts.ca_file.read_bytes())
    source = shared.source
    shared.tamper(
        login=source.login.replace("localhost", "LocalHost") + "/",
        graph=f"{source.graph}/",
        tenant=source.tenant.upper(),
        clientId=source.client_id.upper(),
        caFile=str(elsewhere),
        cloud="custom" if source.cloud == "practice" else "practice",
        name="Another name",
    )
    assert not shared.desk.app.approvals.review(shared.source).needed
    assert root("https://login.example.com") == root("https://LOGIN.example.com:443")


@pytest.mark.parametrize("block", ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"])
def test_every_authority_that_was_added_is_named(shared: Shared, block: str) -> None:
    added = trustme.CA(organization_name="Mallory & Sons").cert_pem.bytes()
    file = shared.hosts.ca_file
    file.write_bytes(file.read_bytes() + added.replace(b"CERTIFICATE", block.encode()))
    part = next(part for part in shared.desk.app.approvals.review(shared.source).parts if not part.same)
    new_ones = part.now.partition("; new: ")[2]
    assert ("Mallory & Sons" if block != "TRUSTED CERTIFICATE" else "a part without a name") in new_ones
    assert "gone: " not in part.now
    assert "Hosts of a stranger" not in new_ones


def test_a_digest_is_too_long_for_two_connections_to_be_made_that_share_it(shared: Shared) -> None:
    """To find any two takes the square root of the tries: 80 bits would take a computer minutes."""
    assert len(shared.desk.app.approvals.review(shared.source).mark) * 4 >= 160


# --- what else is kept where secrets are --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["o365desk", "O365Desk"])
def test_no_data_source_has_the_id_under_which_our_own_keys_are_kept(shared: Shared, name: str) -> None:
    """Whoever deletes it, or meets a conflict while saving a secret for it, would take everybody's sign-in away."""
    content = json.loads(shared.file.read_text("utf-8")) | {"id": name, "name": "Ours"}
    shared.file.with_name("ours.json").write_text(json.dumps(content), "utf-8")
    listing = shared.desk.app.workspace.list()
    assert [item.path.name for item in listing.unreadable] == ["ours.json"]


def no_keychain() -> NoReturn:
    raise Unavailable("this computer has none")


def test_with_a_locked_vault_nothing_is_saved_that_it_must_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv(ENVIRONMENT, "correct horse")
        app = build(tmp_path / "w", state_folder=tmp_path / "s")
        details = {"cloud": "custom", "login": "https://login.example.com", "sign_in": SignIn.SECRET}
        entry = app.connections.save(new("Contoso", **details), None, Credential(secret=Secret("x" * 40)))
        app.close()
    app = build(tmp_path / "w", state_folder=tmp_path / "s")
    app.vault._find_keychain = no_keychain
    assert app.vault.locked
    # What is not part of the connection needs no vault; what is does, before anything is written.
    entry = app.connections.save(entry.source.replace(name="Renamed"), entry.version)
    with pytest.raises(ProblemError) as caught:
        app.connections.save(entry.source.replace(login="https://other.example.com"), entry.version)
    assert caught.value.problem.code == "vault-locked"
    assert app.workspace.get("Renamed").version == entry.version
    app.vault.unlock(Secret("correct horse"))
    entry = app.connections.save(entry.source.replace(login="https://other.example.com"), entry.version)
    assert not app.approvals.review(entry.source).needed
    app.close()


@pytest.mark.parametrize("name", ["login", "ca_file", "tenant", "certificate"])
def test_half_a_character_is_saved_and_approved_as_the_file_can_hold_it(shared: Shared, name: str) -> None:
    entry = shared.desk.app.workspace.get(shared.source.id)
    saved = shared.desk.app.connections.save(entry.source.replace(**{name: "https://\udcff"}), entry.version)
    assert getattr(saved.source, name) == "https://?"
    assert getattr(shared.source, name) == "https://?"


def test_tokens_of_a_sign_in_that_could_not_be_approved_are_not_kept(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a program that ends just then would leave them beside what was approved before."""
    entry, app = shared.desk.app.workspace.get(shared.source.id), shared.desk.app
    profile = shared.desk.ready["apps"]["read-write"]["client_id"]
    changed = entry.source.replace(sign_in=SignIn.ADMINISTRATOR, client_id=profile)
    source = app.connections.save(changed, entry.version).source

    def fails(*_: object) -> NoReturn:
        raise ProblemError(Problem(title="The disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(app.state, "record_approval", fails)
        with pytest.raises(ProblemError, match="The disk is full"):
            shared.desk.authorise(source)
    shared.hosts.forget()
    assert shared.desk.test(source).outcome == "failed"
    assert not any("refresh_token" in text for text in shared.hosts.came)
