"""A folder's hooks are called for all tests: what those of the window need must not reach others."""

import gc


def test_the_collector_runs_by_itself_where_nobody_holds_it() -> None:
    """In tests of the window it is held and called by hand, which costs each test a look through everything."""
    assert gc.isenabled()
