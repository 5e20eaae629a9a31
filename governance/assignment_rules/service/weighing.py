"""Ask the automatic choice what a rule would give a person; what was promised to one is not free for the next."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from governance.assignment_rules.rules import Act, Decision, Held, RuleFacts, Weighing
from governance.kernel.errors import Code, Reason
from governance.kernel.work import Work
from governance.requests.rules import only_full
from governance.seats.candidates import Offer
from governance.seats.rules import Candidate, Holder, Matter, Need, TierNeed, Verdict, choose

NO_POOL = Reason(
    Code.NOT_IN_FORCE, "rule", "no open pool of what it names", "an open pool with seats", "pools",
    "Open a pool, or name another line or pool in the rule.",
)  # fmt: skip


@dataclass
class Weigher:
    """Asks the automatic choice for one person after the other; `taken`: seats promised by pool and by line.

    `sits`: person and pool to the open seat.
    """

    work: Work
    offers: tuple[Offer, ...]
    holders: Mapping[UUID, Holder]
    tiers: Mapping[UUID, TierNeed | None]
    today: date
    sits: Mapping[tuple[UUID, UUID], UUID]
    taken: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    def of(self, person_id: UUID, own: Collection[UUID]) -> Callable[[RuleFacts, Held | None], Weighing]:
        """Give the weighing of one person; `own` are the lines on which a rule's seat of theirs stands."""

        def weigh(rule: RuleFacts, seat: Held | None) -> Weighing:
            there = tuple(self._without_own(each.to(person_id), own) for each in self.offers)
            freed = dict(self.taken)
            if seat is not None:
                for key in (seat.pool_id, seat.line_id):
                    freed[key] = freed.get(key, 0) - 1
            need = Need(tier=self.tiers.get(rule.id))
            verdict = choose(Matter(self.holders[person_id], need, self.today, there), self.work.office.regions, freed)
            return self._said(rule, person_id, verdict)

        return weigh

    def promise(self, decision: Decision) -> None:
        """Take the seat that a decision gives, and give back the one that it ends."""
        if decision.act in {Act.GAIN, Act.MOVE} and decision.pool_id is not None:
            self._count(decision.pool_id, self.line_of(decision.pool_id), 1)
        if decision.act in {Act.MOVE, Act.RELEASE} and decision.seat is not None:
            self._count(decision.seat.pool_id, decision.seat.line_id, -1)

    def price(self, pool_id: UUID) -> tuple[int, str] | None:
        """Give what one more seat of a pool costs, in micro-units and currency; None where nothing says."""
        found = next(each.candidate.price for each in self.offers if each.candidate.facts.id == pool_id)
        return None if found is None else (found.micros, found.currency)

    def _count(self, pool_id: UUID, line_id: UUID, seats_: int) -> None:
        self.taken[pool_id] += seats_
        self.taken[line_id] += seats_

    def line_of(self, pool_id: UUID) -> UUID:
        """Give the line of an offered pool."""
        return next(each.candidate.facts.line_id for each in self.offers if each.candidate.facts.id == pool_id)

    def _without_own(self, one: Candidate, own: Collection[UUID]) -> Candidate:
        """Weigh a line where the rules' own seat stands as if it were free for the person: it is what would move."""
        if one.facts.line_id not in own:
            return one
        return replace(one, held=None, held_in=None)

    def _said(self, rule: RuleFacts, person_id: UUID, verdict: Verdict) -> Weighing:
        if verdict.held is not None:
            return Weighing(by_hand=self.sits[person_id, verdict.held.candidate.facts.id])
        mine = [each for each in verdict.weighed if _of_rule(rule, each.candidate)]
        fit = next((each for each in mine if each.place is not None), None)
        reasons = tuple(dict.fromkeys(reason for each in mine for reason in each.reasons)) or (NO_POOL,)
        if fit is not None:
            tier = fit.candidate.facts.tier
            return Weighing(fit.candidate.facts.id, tier.rank if tier is not None else 0)
        full = next((each.candidate.facts.id for each in mine if only_full(each.reasons)), None)
        return Weighing(full=full, nearest=mine[0].candidate.facts.id if mine else None, reasons=reasons)


def _of_rule(rule: RuleFacts, one: Candidate) -> bool:
    return rule.line_id in {None, one.facts.line_id} and rule.pool_id in {None, one.facts.id}
