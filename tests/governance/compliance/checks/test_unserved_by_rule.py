"""Whom a rule cannot serve is found with the reason, in their own unit, until the rule serves them or lets go."""

from datetime import timedelta
from typing import Any

from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember
from governance.assignment_rules.rules import MemberState
from governance.compliance.checks.unserved_by_rule import CHECK
from governance.kernel.clock import HandClock
from tests.estate import Estate
from tests.governance.holding import leave


async def under(estate: Estate, rule: AssignmentRule, who: str, state: MemberState, *why: tuple[str, str]) -> None:
    now, reasons = estate.office.clock.now(), [{"code": "POOL_FULL", "has": has, "needs": needs} for has, needs in why]
    await estate.add(
        AssignmentRuleMember(
            **estate.key(), rule_id=rule.id, number=1, person_id=estate.people[who], state=state, reasons=reasons,
            since=now, changed_at=now,
        )
    )  # fmt: skip


async def test_whom_no_rule_serves_is_found_with_the_reason(judge: Any, estate: Estate, clock: HandClock) -> None:
    now, product = clock.now(), await estate.product("m365")
    rule = AssignmentRule(
        **estate.key(), code="sales", name="Sales", product_id=product, created_at=now, created_by="system:tests"
    )
    await estate.add(rule)
    await under(estate, rule, "ada", MemberState.SEATED)
    await under(estate, rule, "ben", MemberState.REFUSED, ("works in BR", "a lot for BR"), ("2 of 2", "room"))
    await under(estate, rule, "cleo", MemberState.WAITING)
    found = {row["subject_name"]: row for row in await judge.ask(CHECK)}
    assert set(found) == {"Ben under Sales", "Cleo under Sales"}
    ben, cleo = found["Ben under Sales"], found["Cleo under Sales"]
    assert (ben["has"], ben["needs"], len(ben["reasons"])) == ("works in BR", "a lot for BR", 2)
    assert (cleo["has"], ben["rule_id"]) == ("in line, all is full", rule.id)
    assert await judge.ask(CHECK, as_of=now - timedelta(days=1)) == []
    clock.advance(timedelta(days=1))
    await leave(estate, "ben")
    assert {row["subject_name"] for row in await judge.ask(CHECK)} == {"Cleo under Sales"}
