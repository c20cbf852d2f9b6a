"""`python -m v2a_core` is the command `v2a`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
