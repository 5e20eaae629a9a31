"""Exports run in a child of the server: a large workbook takes neither its memory nor its turn from anybody.

The parent keeps the run's lease; the child reads under the asker's rights, writes the file and tells its progress, all
behind the same fence. `python -m api.exporting` is that child: what to do comes on standard input, what came of it goes
to standard output.
"""

import asyncio
import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from api.opening import open_office
from api.settings import Settings
from governance.kernel.errors import BusinessError, Code
from governance.runs.desk import RunDesk
from governance.runs.errors import Cancelled, LeaseLost
from governance.runs.rules import RunKind
from policies.access.actions import Action
from reports.asking import ReportRequest
from reports.running import Builder, build_here

MEMORY_MOST = 2 << 30
GENTLE = 10


class ExportRefused(BusinessError):
    """The child said no; its code and sentence are passed on."""

    def __init__(self, code: Code, said: str) -> None:
        super().__init__()
        self.code = code  # type: ignore[misc]
        self.said = said

    def message(self) -> str:
        return self.said


def in_child(settings: Settings) -> Builder:
    """Give the builder that has each report built by a child of its own, ended with the run that asked for it."""
    environment = {
        **os.environ,
        "LICTOR_DATABASE_URL": settings.database,
        "LICTOR_DATA_DIR": str(settings.data_dir.absolute()),
        "LICTOR_POOL_SIZE": "2",
    }

    async def build(desk: RunDesk, request: ReportRequest, draft: Path) -> dict[str, Any]:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.exporting", env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            said, _ = await child.communicate(json.dumps(_order(desk, request, draft)).encode())
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise
        await desk.check()  # the child ends early when the run was cancelled or taken over: said here in its own words
        return _answer(said, child.returncode)

    return build


def _order(desk: RunDesk, request: ReportRequest, draft: Path) -> dict[str, Any]:
    return {
        "tenant": str(desk.tenant_id),
        "run": str(desk.run_id),
        "fence": desk.fence,
        "principal": desk.principal,
        "narrowed": None if desk.narrowed is None else sorted(desk.narrowed),
        "asked": request.asked(),
        "draft": str(draft.absolute()),
    }


def _answer(said: bytes, code: int | None) -> dict[str, Any]:
    if code != 0:
        raise RuntimeError(f"the export's child ended with {code}")
    answer: dict[str, Any] = json.loads(said)
    if "no" in answer:
        raise ExportRefused(Code(answer["no"]["code"]), answer["no"]["message"])
    manifest: dict[str, Any] = answer["manifest"]
    return manifest


async def _export(order: dict[str, Any]) -> dict[str, Any]:
    narrowed = order["narrowed"]
    async with open_office(Settings()) as office:
        desk = RunDesk(
            office, UUID(order["tenant"]), UUID(order["run"]), order["fence"], RunKind.REPORT, order["asked"],
            order["principal"], None if narrowed is None else frozenset(Action(act) for act in narrowed),
        )  # fmt: skip
        try:
            return {"manifest": await build_here(desk, ReportRequest.of(order["asked"]), Path(order["draft"]))}
        except (Cancelled, LeaseLost):
            return {"manifest": {}}
        except BusinessError as no:
            return {"no": {"code": no.code.value, "message": no.message()}}


def main() -> None:
    """Build one report as a child: bounded in memory, gentle with the processor."""
    os.nice(GENTLE)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MOST, MEMORY_MOST))
    sys.stdout.write(json.dumps(asyncio.run(_export(json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
