"""Assignment rules at the terminal, done: what would be is shown with its token, and with the token it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run
from api.cli.naming import called, line_called, person_called, pool_called, unit_called
from governance.assignment_rules import queries
from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember
from governance.assignment_rules.rules import UNSERVED, Leaving
from governance.assignment_rules.service import (
    ApplyRule,
    EndRule,
    Reconciled,
    RulePreview,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
    reconcile,
)
from governance.assignment_rules.service.checking import permit
from governance.catalog.models import Product, Tier
from governance.directory.models import Group, Person
from governance.kernel import given
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work

AGAIN = "Nothing is changed yet. Within 15 minutes, once more with --token"


@dataclass(frozen=True)
class Who:
    """Whom a rule names, by names and codes; `left_out` by mail address."""

    group: str | None
    unit: str | None
    employment: str | None
    region: str | None
    except_group: str | None
    left_out: tuple[str, ...]


def list_rules(tenant: str | None, *, ended: bool, as_json: bool) -> None:
    """List the rules by code."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            query = queries.visible_rules(work).order_by(AssignmentRule.code)
            if not ended:
                query = query.where(AssignmentRule.ended_at.is_(None))
            rows = (await work.session.execute(query)).scalars().all()
            counts = await queries.counts_of(work, [row.id for row in rows])
        return [
            {"rule": row.code, "name": row.name, "ended_at": row.ended_at, "people": sum(counts[row.id].values()),
             "unserved": sum(counts[row.id].get(each, 0) for each in UNSERVED)}
            for row in rows
        ]  # fmt: skip

    rows = run(command)
    lines = [f"{row['rule']:<28}{row['people']:>7,} people, {row['unserved']:,} not served" for row in rows]
    answer({"rules": rows}, as_json=as_json, said="\n".join(lines) or "No rules yet.")


def show_rule(rule: str, tenant: str | None, *, as_json: bool) -> None:
    """Tell how everybody under a rule stands; where somebody is not served, end with its own code."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            row = await queries.rule_by_code(work, rule)
            query = (
                queries.visible_members(work)
                .join(Person, (Person.tenant_id == work.tenant_id) & (Person.id == AssignmentRuleMember.person_id))
                .where(AssignmentRuleMember.rule_id == row.id, queries.OPEN)
                .add_columns(Person.name, Person.mail)
                .order_by(Person.name, Person.id)
            )
            found = (await work.session.execute(query)).all()
        return [
            {"person": name, "mail": mail, "state": one.state.value, "since": one.since, "reasons": one.reasons}
            for one, name, mail in found
        ]

    people = run(command)
    lines = [f"{one['state']:<12}{one['person']}{_why(one['reasons'])}" for one in people]
    answer({"rule": rule, "people": people}, as_json=as_json, said="\n".join(lines) or "Nobody falls under it.")
    if any(one["state"] in UNSERVED for one in people):
        raise SystemExit(int(Exit.REFUSED))


def apply_rule_called(
    rule: str, reason: str, who: Who, what: Mapping[str, str | None], priority: int, settle: int, token: str | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Show what the rule would do, or let it hold."""

    async def command() -> RulePreview:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                asked = await _asked(work, rule, reason, who, what)
            asked = replace(asked, priority=priority, settle_minutes=settle, token=token)
            seen = await preview_rule(on.desk, on.actor, asked)
            if token:
                await apply_rule(on.desk, on.actor, asked)
            return seen

    _tell(rule, run(command), token, "holds; seats follow within a minute", as_json=as_json)


async def _asked(work: Work, rule: str, reason: str, who: Who, what: Mapping[str, str | None]) -> ApplyRule:
    """Make the command: of a new rule, or of the next version of the one that has this code already."""
    known = await _known(work, rule)
    if known is not None:
        product_id = known.product_id
    elif (product := what["product"]) is not None:
        product_id = await called(work, Product, Product.code == product, "product", product)
    else:
        raise BadInput("product", "nothing", f"--product, as there is no rule {rule} yet")

    async def group(name: str | None) -> Any:
        return None if name is None else await called(work, Group, Group.name == name, "group", name)

    tier, line, pool = what["tier"], what["line"], what["pool"]
    return ApplyRule(
        reason, rule_id=known.id if known else None, code="" if known else rule,
        name="" if known else what["name"] or rule,
        product_id=None if known else product_id, group_id=await group(who.group),
        unit_id=None if who.unit is None else await unit_called(work, who.unit), employment=who.employment,
        region=who.region, except_group_id=await group(who.except_group),
        except_people=tuple([await person_called(work, each) for each in who.left_out]),
        tier_id=None if tier is None else await called(
            work, Tier, (Tier.code == tier) & (Tier.product_id == product_id), "tier", tier),
        line_id=None if line is None else (await line_called(work, line)).id,
        pool_id=None if pool is None else await pool_called(work, pool),
        leaving=given.word(what["leaving"], "leaving", Leaving),
    )  # fmt: skip


async def _known(work: Work, code: str) -> AssignmentRule | None:
    try:
        return await queries.rule_by_code(work, code)
    except NotFound:
        return None


def end_rule_called(
    rule: str, reason: str, token: str | None, tenant: str | None, *, keep: bool, as_json: bool
) -> None:  # fmt: skip
    """Show who would lose a seat, or end the rule."""

    async def command() -> RulePreview:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                row = await queries.rule_by_code(work, rule)
            asked = EndRule(row.id, reason, keep, token)
            seen = await preview_end(on.desk, on.actor, asked)
            if token:
                await end_rule(on.desk, on.actor, asked)
            return seen

    _tell(rule, run(command), token, "has ended", as_json=as_json)


def reconcile_now(rule: str, tenant: str | None, *, as_json: bool) -> None:
    """Follow the rules of the rule's product at once."""

    async def command() -> Reconciled:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                row = await queries.rule_by_code(work, rule)
                await permit(work, row.code, await queries.version_of(work, row.id))
            return await reconcile(on.desk, on.actor.tenant_id, (row.product_id,))

    done = run(command)
    told = {"looked_at": done.looked_at, "given": done.given, "moved": done.moved, "taken": done.taken}
    said = (
        f"{done.looked_at:,} people looked at: {done.given:,} seated, {done.moved:,} moved, {done.taken:,} asked back."
    )
    answer(told, as_json=as_json, said=said)


def _tell(rule: str, seen: RulePreview, token: str | None, became: str, *, as_json: bool) -> None:
    people = [
        {"person": str(one.person_id), "effect": one.effect.value,
         "reasons": [{"code": why.code.value, "has": why.has, "needs": why.needs} for why in one.reasons]}
        for one in seen.effects
    ]  # fmt: skip
    counts = {effect.value: count for effect, count in seen.counts.items()}
    told = {"rule": rule, "version": seen.number, "counts": counts, "people": people, "done": bool(token)}
    lines = [f"{effect:<12}{count:>7,}" for effect, count in counts.items()] or ["It changes nothing for anybody."]
    lines.append(f"Rule {rule} {became}." if token else f"{AGAIN} {seen.token}")
    answer(told if token else {**told, "token": seen.token}, as_json=as_json, said="\n".join(lines))


def _why(reasons: list[dict[str, Any]]) -> str:
    return "".join(f"; has {each['has']}, needs {each['needs']}" for each in reasons)
