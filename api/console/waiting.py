"""How many things wait behind an entry of the rail: open findings and open calls for help within reach."""

from api.console.context import Context
from governance.activation.journeys import open_contacts
from governance.compliance.queries import visible_findings
from governance.compliance.rules import FindingState
from governance.kernel.page import count_all


async def open_findings(ctx: Context) -> int | None:
    """Findings that nobody has taken on, as now; None for who may not read them or looks at the past."""
    if ctx.past or not ctx.may("finding:read"):
        return None
    async with ctx.work() as work:
        return await count_all(work.session, visible_findings(work, (FindingState.OPEN,)))


async def open_calls(ctx: Context) -> int | None:
    """Calls for help that nobody has closed, as now; None for who does not help or looks at the past."""
    if ctx.past or not ctx.may("journey:assist"):
        return None
    async with ctx.work() as work:
        return await count_all(work.session, open_contacts(work))
