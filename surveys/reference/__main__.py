"""``python -m surveys.reference docs`` writes the reference below the folder ``docs``."""

import sys
from pathlib import Path

from surveys.reference.pages import write

write(Path(sys.argv[1]))
