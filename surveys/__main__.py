"""``python -m surveys`` is the command ``surveys``."""

import sys

from surveys.cli import main

if __name__ == "__main__":
    sys.exit(main())
