"""Products in use against a decision: denied, withdrawn and ended ones are found; undecided, proposed and idle are not."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.catalog.models import Approval
from governance.catalog.rules import ApprovalStatus
from governance.compliance.checks.unapproved_in_use import CHECK
from governance.kernel.clock import HandClock
from tests.estate import Estate
from tests.governance.holding import seat


async def decide(estate: Estate, product_id: UUID, status: ApprovalStatus, until: date | None = None) -> None:
    await estate.add(
        Approval(
            **estate.key(), product_id=product_id, status=status, until=until, decided_by="user:judge",
            reason="tried and judged", recorded_at=estate.office.clock.now(),
        )
    )  # fmt: skip


async def used(estate: Estate) -> UUID:
    product = await estate.product("crm")
    license_ = await estate.license("crm", product_id=product)
    await seat(estate, license_, "ada")
    await seat(estate, license_, "ben")
    return product


@pytest.mark.parametrize(
    ("status", "said"),
    [(ApprovalStatus.DENIED, "the product is denied"), (ApprovalStatus.WITHDRAWN, "its approval is withdrawn")],
)
async def test_a_product_ruled_out_and_still_used_is_found(
    judge: Any, estate: Estate, status: ApprovalStatus, said: str
) -> None:
    await decide(estate, await used(estate), status)
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_name"]) == ("entitlement", "crm")
    assert (found["has"], found["needs"]) == (f"2 seats occupied, {said}", "an approval that stands")


async def test_an_approval_holds_through_its_last_day_everywhere(judge: Any, estate: Estate, clock: HandClock) -> None:
    today = clock.now().date()
    await decide(estate, await used(estate), ApprovalStatus.SUNSETTING, today)
    assert await judge.ask(CHECK) == []
    clock.advance(timedelta(days=2))
    (found,) = await judge.ask(CHECK)
    assert found["has"] == "2 seats occupied, the product's approval has ended"
    assert await judge.ask(CHECK, as_of=clock.now() - timedelta(days=2)) == []


async def test_a_later_decision_replaces_an_earlier_one_and_the_past_keeps_it(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    product = await used(estate)
    await decide(estate, product, ApprovalStatus.DENIED)
    denied = clock.now()
    clock.advance(timedelta(days=3))
    await decide(estate, product, ApprovalStatus.APPROVED)
    assert await judge.ask(CHECK) == []
    assert len(await judge.ask(CHECK, as_of=denied, known_at=denied)) == 1


async def test_what_nobody_decided_is_proposed_or_is_not_used_is_clean(judge: Any, estate: Estate) -> None:
    product = await used(estate)
    assert await judge.ask(CHECK) == []
    await decide(estate, product, ApprovalStatus.PROPOSED)
    idle = await estate.product("idle")
    await estate.license("idle", product_id=idle)
    await decide(estate, idle, ApprovalStatus.DENIED)
    assert await judge.ask(CHECK) == []
