"""`python -m o365desk`."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # The folder in which `python -m` was called: perhaps a shared workspace, whose modules are none of ours.
    del sys.path[0]

from o365desk.cli import main

if __name__ == "__main__":
    sys.exit(main())
