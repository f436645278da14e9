"""Writing a folder of results: all or nothing, and never in the place of anything that people made.

The files are written into a draft (:mod:`surveys.vocabulary.output_draft`), which takes the place of the earlier folder in one
step. Whoever looks, or pulls the plug, sees the old folder or the new one, never a mixture. A folder that this program did not
make, or that holds files of someone else, is never replaced (:mod:`surveys.handover.earlier_results`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from surveys.handover.earlier_results import obstacles, untouched, what_is_in
from surveys.handover.manifest import MANIFEST, Content
from surveys.vocabulary.output_draft import draft_of
from surveys.vocabulary.progress import Step

#: Files that their owner alone may read, beside those of reviews and samples.
_PRIVATE = ("forms.csv", "weights.csv", "drawn.csv", "replacements.csv", "interviewers.csv", "monitor.html")


def ready(out: str | Path, content: Content | Literal["handover"]) -> None:
    """Ask before a long run whether its files may and can be written at ``out``.

    Raises SurveyError when ``out`` is a file, holds something that must not be replaced or is being written by another run,
    OSError when it could not be written. What a run that was killed left there is cleared.
    """
    place = Path(os.path.realpath(out))
    with draft_of(place, untouched):
        obstacles(place, Path(out), content).raise_errors()


def write_folder(out: Path, files: Mapping[str, bytes], progress: Step | None = None) -> None:
    """Put ``files`` (relative path → bytes) at ``out``, replacing an earlier result as a whole.

    Raises SurveyError when ``out`` is a file, holds something that is not a result, or holds files that someone added or
    changed; then nothing is written. What someone adds while the folders change places is kept beside ``out``, and told by a
    SurveyError too. OSError (no space, no permission) leaves the earlier result as it was.
    ``progress("write", files done, files in all)`` is told after each file.
    """
    place, content = Path(os.path.realpath(out)), what_is_in(json.loads(files[MANIFEST]), files)
    with draft_of(place, untouched) as draft:  # only then no other run changes what is looked at
        obstacles(place, out, content).raise_errors()
        draft.fill(files, progress, is_private)
        obstacles(place, out, content).raise_errors()
        draft.put()


def is_private(path: str) -> bool:
    """Whether a file of a folder of results holds what respondents may have typed (form codes, answers, spellings of units, names
    of submissions), so that its owner alone may read it.

    So is an exported sample, where nothing is typed: what single persons answered is theirs; and what tells of interviewers.

    So are the lists of whom a plan has drawn.

    >>> is_private("review/cells.csv"), is_private("forms.csv"), is_private("council/rejected.csv")
    (True, True, False)
    """
    return path.startswith(("review/", "sample.")) or path in _PRIVATE
