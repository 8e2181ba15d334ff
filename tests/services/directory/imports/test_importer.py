"""Imports against the practice tenant: what comes, what is planned, what is applied."""

from tests.services.directory.imports.office import Office


def test_the_first_import_takes_everything(office: Office) -> None:
    report = office.run()
    assert report.complete
    assert report.applied
    assert report.held == ()
    theirs = office.tenant()
    assert (report.users.added, report.groups.added) == (len(theirs[0]), len(theirs[1]))
    office.check(theirs)


def test_the_next_imports_take_what_changed(office: Office) -> None:
    office.run()
    again = office.run()
    assert again.complete
    assert again.applied
    assert not again.changed
    assert again.requests == 2
    for seed in range(5):
        office.days(1, seed)
        report = office.run(allow_large=True)
        assert report.applied
        office.check()
