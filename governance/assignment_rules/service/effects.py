"""Whom a rule would give and take seats, decided as it will be, and what that costs."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from governance.assignment_rules import queries
from governance.assignment_rules.membership import named
from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember, AssignmentRuleVersion
from governance.assignment_rules.queries import OPEN, Ruled, facts_of
from governance.assignment_rules.rules import LOSES, Act, Decision, MemberState
from governance.assignment_rules.service.looking import look
from governance.assignment_rules.service.weighing import Weigher
from governance.catalog.models import Tier
from governance.kernel.errors import Reason
from governance.kernel.work import Work

AT_ONCE = 200


class Effect(StrEnum):
    """What a rule would mean for one person.

    GAINS, MOVES (to another pool in one step), KEEPS (what a rule gave), BY_HAND (a seat that is left alone), COVERED
    (by another rule), WAITS, REFUSED, HELD_OFF, LOSES, or LEAVES: falls out of the rule without a seat of it.
    """

    GAINS = "GAINS"
    MOVES = "MOVES"
    KEEPS = "KEEPS"
    BY_HAND = "BY_HAND"
    COVERED = "COVERED"
    WAITS = "WAITS"
    REFUSED = "REFUSED"
    HELD_OFF = "HELD_OFF"
    LOSES = "LOSES"
    LEAVES = "LEAVES"


OF_STATE = {
    MemberState.SEATED: Effect.KEEPS, MemberState.BY_HAND: Effect.BY_HAND, MemberState.COVERED: Effect.COVERED,
    MemberState.WAITING: Effect.WAITS, MemberState.REFUSED: Effect.REFUSED, MemberState.HELD_OFF: Effect.HELD_OFF,
    MemberState.LEAVING: Effect.LOSES,
}  # fmt: skip


@dataclass(frozen=True)
class Effected:
    """One person and what the rule would mean for them: in which pool, or why not."""

    person_id: UUID
    effect: Effect
    pool_id: UUID | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Cost:
    """Seats by currency, each at the price of the lot that ends first: `gained` and `freed` in micro-units."""

    currency: str
    gained: int
    freed: int


@dataclass(frozen=True)
class RulePreview:
    """What a version would do, person by person, its cost, and the token to apply exactly that within 15 minutes."""

    effects: tuple[Effected, ...]
    code: str
    number: int
    costs: tuple[Cost, ...] = ()
    token: str = ""

    @property
    def counts(self) -> dict[Effect, int]:
        """Count the people of each effect, in the order of the effects."""
        found = Counter(each.effect for each in self.effects)
        return {effect: found[effect] for effect in Effect if found[effect]}


async def effects_of(
    work: Work, row: AssignmentRule, version: AssignmentRuleVersion | None, exceptions: Sequence[UUID]
) -> RulePreview:
    """Decide of everybody whom the rule names or holds as if it said this; `version` None: as if it had ended."""
    ruled = [each for each in await queries.rules_of_product(work, row.product_id) if each.rule.id != row.id]
    people = set(await _held(work, row.id))
    if version is not None:
        ruled.append(Ruled(row, version, facts_of(row, version, await _rank(work, version))))
        people |= set((await work.session.execute(named(work, version, exceptions))).scalars())
        number = version.number
    else:
        last = await queries.version_of(work, row.id)
        number = last.number
        gone = AssignmentRule(
            tenant_id=row.tenant_id, id=row.id, code=row.code, name=row.name, product_id=row.product_id,
            created_at=row.created_at, created_by=row.created_by, ended_at=work.now(), version=row.version,
        )  # fmt: skip
        ruled.append(Ruled(gone, last, facts_of(row, last, await _rank(work, last))))
    effects: list[Effected] = []
    gained: dict[str, int] = defaultdict(int)
    freed: dict[str, int] = defaultdict(int)
    weigher: Weigher | None = None
    everybody = sorted(people)
    for start in range(0, len(everybody), AT_ONCE):
        some = everybody[start : start + AT_ONCE]
        found = await look(work, row.product_id, ruled, some, weigher, {row.id: exceptions})
        weigher = found.weigher
        for each in found.decisions:
            effects.append(_effect(each, row.id))
            if each.act in {Act.GAIN, Act.MOVE} and each.pool_id is not None:
                _add(gained, weigher, each.pool_id)
            if each.seat is not None and (each.act is Act.MOVE or effects[-1].effect is Effect.LOSES):
                _add(freed, weigher, each.seat.pool_id)
    costs = tuple(Cost(each, gained[each], freed[each]) for each in sorted({*gained, *freed}))
    return RulePreview(tuple(effects), row.code, number, costs)


def _effect(each: Decision, rule_id: UUID) -> Effected:
    place = each.places.get(rule_id)
    mine = each.rule is not None and each.rule.id == rule_id
    if each.act in LOSES:
        return Effected(each.person_id, Effect.LOSES, each.seat.pool_id if each.seat else None)
    if each.act in {Act.GAIN, Act.MOVE} and mine:
        return Effected(each.person_id, Effect.GAINS if each.act is Act.GAIN else Effect.MOVES, each.pool_id)
    if place is None:
        return Effected(each.person_id, Effect.LEAVES)
    pool_id = place.wait_in if place.wait_in is not None else None
    return Effected(each.person_id, OF_STATE[place.state], pool_id, place.reasons)


def _add(total: dict[str, int], weigher: Weigher, pool_id: UUID) -> None:
    price = weigher.price(pool_id)
    if price is not None:
        total[price[1]] += price[0]


async def _held(work: Work, rule_id: UUID) -> Sequence[UUID]:
    query = select(AssignmentRuleMember.person_id).where(
        AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id == rule_id, OPEN
    )
    return (await work.session.execute(query)).scalars().all()


async def _rank(work: Work, version: AssignmentRuleVersion) -> int | None:
    if version.tier_id is None:
        return None
    return (await work.session.get_one(Tier, (work.tenant_id, version.tier_id))).rank
