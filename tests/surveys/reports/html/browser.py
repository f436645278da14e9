"""Chromium without a window: what it says of a page, and what a script finds there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to show pages in")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def shown(
    path: Path, *options: str, width: int = 1440, height: int = 900
) -> subprocess.CompletedProcess[str]:
    """A page opened once; the console of the page goes to the error stream."""
    assert CHROMIUM is not None
    fixed = (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr", "--v=0", "--hide-scrollbars",
        f"--window-size={width},{height}", f"--user-data-dir={path.parent / 'profile'}",
    )  # fmt: skip
    command = [CHROMIUM, *fixed, *options, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)


def without_policy(page: str) -> str:
    """A page that lets any script run."""
    return _POLICY.sub("", page)


def console(told: subprocess.CompletedProcess[str]) -> list[str]:
    """The messages of the page's console."""
    return [line for line in told.stderr.splitlines() if "CONSOLE" in line]


def found(page: str, folder: Path, script: str, *, width: int = 1440) -> Any:
    """What a script finds in a page: the value of its last line, ``return …``. The policy of the page, which lets no other script
    run, is taken out of the copy that is shown."""
    within = (
        "<pre id=told></pre><script>addEventListener('load', () => setTimeout(() => { const told = (() => {"
        + script
        + "})(); document.documentElement.innerHTML = '<body><pre id=told></pre></body>';"
        + " document.getElementById('told').textContent = JSON.stringify(told); }, 200));</script></body>"
    )
    copy = folder / f"asked-{width}.html"
    copy.write_text(without_policy(page).replace("</body>", within), encoding="utf-8")
    told = shown(copy, "--dump-dom", "--virtual-time-budget=10000", width=width)
    assert console(told) == []
    (answer,) = re.findall(r'<pre id="told">(.*?)</pre>', told.stdout, re.DOTALL)
    plain = answer.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return json.loads(plain)
