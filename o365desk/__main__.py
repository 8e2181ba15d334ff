"""`python -m o365desk`."""

import sys

from o365desk.cli import main

if __name__ == "__main__":
    sys.exit(main())
