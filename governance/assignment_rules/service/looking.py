"""Decide about people under the rules of a product; nothing is written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.assignment_rules.queries import Ruled
from governance.assignment_rules.rules import Decision, Matter, RuleFacts, decide
from governance.assignment_rules.service.laying import Laid, lay_out
from governance.assignment_rules.service.weighing import Weigher
from governance.directory.rules import PersonStatus
from governance.kernel.work import Work
from governance.seats import candidates as offered
from governance.seats import queries as seats
from governance.seats.candidates import At


@dataclass(frozen=True)
class Decided:
    """What is decided of each person, in order, beside what was known of them."""

    laid: Laid
    decisions: tuple[Decision, ...]
    weigher: Weigher
    rules: Mapping[UUID, RuleFacts]


async def look(
    work: Work, product_id: UUID, ruled: Sequence[Ruled], person_ids: Sequence[UUID], weigher: Weigher | None = None,
    exceptions: Mapping[UUID, Collection[UUID]] | None = None,
) -> Decided:  # fmt: skip
    """Decide about these people under these rules. With the `weigher` of others before, their seats stay promised."""
    laid = await lay_out(work, product_id, ruled, person_ids, exceptions or {})
    weigher = await _weigher(work, product_id, ruled, person_ids, laid, weigher)
    rules = {each.rule.id: each.facts for each in ruled}
    decisions = []
    for person_id in person_ids:
        left = laid.people[person_id].status is PersonStatus.LEFT
        own = laid.own.get(person_id, ())
        matter = Matter(
            person_id, work.now(), () if left else laid.under.get(person_id, ()), rules,
            laid.standing.get(person_id, ()), own, left,
        )  # fmt: skip
        decision = decide(matter, weigher.of(person_id, {seat.line_id for seat in own}))
        weigher.promise(decision)
        decisions.append(decision)
    return Decided(laid, tuple(decisions), weigher, rules)


async def _weigher(
    work: Work, product_id: UUID, ruled: Sequence[Ruled], person_ids: Sequence[UUID], laid: Laid,
    before: Weigher | None,
) -> Weigher:  # fmt: skip
    at = At(work.now(), work.now())
    tiers = {
        each.rule.id: None if each.version.tier_id is None else await seats.tier_need(work, each.version.tier_id)
        for each in ruled
    }
    there = await offered.offers(work, product_id, person_ids, at)
    holders = await offered.holders_at(work, person_ids, at)
    made = Weigher(work, there, holders, tiers, await seats.today(work), laid.sits)
    if before is not None:
        made.taken = before.taken
    return made
