"""What these tests do to long work: ask for it through the console, move it by hand, read what a form carries."""

import re
from pathlib import Path
from uuid import UUID

from governance.compliance.service import scan
from governance.imports.filed import import_file
from governance.runs.duties import Duties
from governance.runs.moving import move_run
from governance.runs.rules import RunKind
from reports.running import report_verb


async def moved(console, where: str, folder: Path | None = None) -> UUID:
    """Move the run that an address names to its end; reports are built into `folder`."""
    run_id = UUID(where.rpartition("/")[2])
    verbs = {
        RunKind.SCAN: scan, RunKind.REPORT: report_verb(folder or Path()), RunKind.IMPORT_FILE: import_file,
    }  # fmt: skip
    await move_run(console.desk.office, console.estate.tenant_id, run_id, Duties(verbs), "w1")
    return run_id


async def scanned(console, browser) -> UUID:
    """Scan now, as the reader of this browser."""
    asked = await browser.send("/findings/scan")
    assert asked.status_code == 303, asked.text
    return await moved(console, asked.headers["location"])


def carried(html: str, name: str) -> str:
    """What a form carries in a hidden field."""
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', html)
    assert found, html[:2000]
    return found[1]


def first_of(html: str, begins: str) -> str:
    """The first address on a page that begins so and goes on with an id."""
    found = re.search(rf'"({begins}[0-9a-f-]{{36}})', html)
    assert found, html[:3000]
    return found[1]
