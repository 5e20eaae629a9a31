"""What the tests of checks and scans share: asking a check, and running a whole scan by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.models import Finding
from governance.compliance.queries import visible_findings
from governance.compliance.roster import CHECKS
from governance.compliance.service import scan, start_scan
from governance.kernel.work import Office
from governance.runs.desk import RunDesk
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind
from tests.estate import Estate


@dataclass
class Judge:
    """Asks checks and runs scans in one tenant."""

    office: Office
    estate: Estate

    async def ask(self, check: Check, as_of: Any = None, known_at: Any = None) -> list[dict[str, Any]]:
        now = self.office.clock.now()
        facts = Facts(self.estate.tenant_id, as_of or now, known_at or as_of or now)
        async with self.office.database.read(self.estate.tenant_id) as session:
            return [dict(row) for row in (await session.execute(check.violations(facts))).mappings()]

    async def scan(self, checks: Sequence[Check] = CHECKS, who: str = "admin") -> Run:
        run_id = (await self.office.perform(self.estate.actor(who), start_scan)).id

        async def verb(desk: RunDesk) -> dict[str, Any]:
            return await scan(desk, checks)

        await move_run(self.office, self.estate.tenant_id, run_id, Duties({RunKind.SCAN: verb}), "w1")
        return await self.run(run_id)

    async def run(self, run_id: UUID) -> Run:
        async with self.office.database.read(self.estate.tenant_id) as session:
            return await session.get_one(Run, (self.estate.tenant_id, run_id))

    async def findings(self, who: str = "admin", **narrowed: Any) -> list[Finding]:
        async with self.office.reading(self.estate.actor(who)) as work:
            query = visible_findings(work, **narrowed).order_by(Finding.subject_name, Finding.opened_at)
            return list((await work.session.execute(query)).scalars())


@pytest.fixture
async def judge(office: Office, estate: Estate) -> Judge:
    # A run acts under the asker's grants of the moment it runs, which this estate's admin holds from now on.
    return Judge(office, estate)
