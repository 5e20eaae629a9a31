"""What may be used: a year in, IT decides about four products; one approval has run out since, and people still sit."""

from datetime import date, timedelta
from uuid import UUID

from api.demo.buying import Bought
from api.demo.living import Life
from governance.catalog.rules import ApprovalStatus
from governance.catalog.service import ApprovalDecision, decide_approval
from governance.kernel.work import Work

DECIDED_BEFORE = timedelta(days=210)


def plan_approvals(life: Life, bought: list[Bought]) -> None:
    """Put the decisions on the agenda, about seven months before the story ends."""
    products = {each.license.product: each.product_id for each in bought}
    last = life.until.date()
    decided: tuple[tuple[str, ApprovalStatus, date | None, str], ...] = (
        ("Microsoft 365", ApprovalStatus.APPROVED, None, "The company's standard for mail and documents."),
        ("Slack", ApprovalStatus.SUNSETTING, last + timedelta(days=200), "Chat moves to Microsoft 365 next year."),
        ("Tableau", ApprovalStatus.RESTRICTED, None, "For analysts of finance only; others read reports."),
        ("Visio", ApprovalStatus.APPROVED, last - timedelta(days=20), "For one quarter, until its use is looked at."),
    )
    for product, status, until, reason in decided:
        _plan(life, ApprovalDecision(products[product], status, reason, until))


def _plan(life: Life, decision: ApprovalDecision) -> None:
    async def step() -> None:
        async def verb(work: Work) -> UUID:
            return (await decide_approval(work, decision)).id

        await life.desk.office.perform(life.company.admin, verb)

    life.plan(life.until - DECIDED_BEFORE, step)
