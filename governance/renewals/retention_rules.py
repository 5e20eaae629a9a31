"""What of the dated contracts was due, renewed, kept, grown, shrunk and lost: pure counting over known endings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from governance.metrics.formulas.grr import gross_retention
from governance.metrics.formulas.nrr import Waterfall, net_retention
from governance.metrics.formulas.renewal_rate import renewal_rate
from governance.metrics.formulas.wilson import Proportion, wilson
from governance.renewals.rules import Closing, Part

Worth = Callable[[Part], int]


@dataclass(frozen=True)
class Dated:
    """A lot that ends. `part`: its own value a year. `closing` is None while it is not over."""

    lot_key: UUID
    agreement_id: UUID
    keys: Mapping[str, str]
    first_day: date
    last_day: date
    quantity: int | None
    part: Part
    renews: frozenset[UUID]
    closing: Closing | None


@dataclass(frozen=True)
class Span:
    """A period's days, both inclusive, and the day up to which it is told: its last one, or the as-of day before."""

    first: date
    last: date
    told: date


@dataclass(frozen=True)
class Due:
    """What fell due in the period and is over, each counted once; what is not over yet is counted apart.

    `unlimited`: lots without a number of seats, which the rate by seats leaves out.
    """

    due: int
    renewed: int
    by_silence: int
    not_yet_due: int
    unlimited: int
    seats_due: int
    seats_renewed: int
    by_count: Proportion | None
    by_seats: Fraction | None

    @property
    def lost(self) -> int:
        return self.due - self.renewed


@dataclass(frozen=True)
class Worths:
    """Due and renewed by value, and from opening to closing, in micro-units of one currency, a year's value each."""

    due: int
    renewed: int
    by_value: Fraction | None
    waterfall: Waterfall
    grr: Fraction | None

    @property
    def nrr(self) -> Fraction | None:
        return self.waterfall.rate


def fell_due(dated: Iterable[Dated], span: Span) -> list[Dated]:
    """Give what ended in the period and is over."""
    return [each for each in dated if span.first <= each.last_day <= span.last and each.closing is not None]


def count_due(dated: Sequence[Dated], span: Span, confidence: float) -> Due:
    """Count what fell due, by contract and by seats."""
    over = fell_due(dated, span)
    closings = [(each.quantity, each.closing) for each in over if each.closing is not None]
    seats = [
        (quantity, quantity if closing.quantity is None else closing.quantity)
        for quantity, closing in closings
        if quantity is not None
    ]
    renewed = sum(closing.renewed for _, closing in closings)
    within = sum(span.first <= each.last_day <= span.last for each in dated)
    return Due(
        len(over), renewed, sum(closing.by_silence for _, closing in closings), within - len(over),
        sum(quantity is None for quantity, _ in closings), sum(due for due, _ in seats),
        sum(min(pair) for pair in seats), wilson(renewed, len(over), confidence), renewal_rate(seats),
    )  # fmt: skip


def opening_cohort(dated: Iterable[Dated], span: Span) -> list[Dated]:
    """Give what was in force on the first day; where a renewal overlaps what it renews, only the earlier counts."""
    there = [each for each in dated if each.first_day <= span.first <= each.last_day]
    keys = {each.lot_key for each in there}
    return [each for each in there if not each.renews & keys]


def worths(dated: Sequence[Dated], span: Span, worth: Worth, among: Mapping[UUID, Dated]) -> Worths:
    """Judge by value; `worth` says what a part comes to in the one currency told, `among` knows all lots by key."""
    pairs = [
        (worth(each.part), sum(map(worth, each.closing.parts)))
        for each in fell_due(dated, span)
        if each.closing is not None
    ]
    contracts = _contracts(dated, span, worth, among)
    kept = sum(min(pair) for pair in pairs)
    due = sum(opening for opening, _ in pairs)
    return Worths(due, kept, renewal_rate(pairs), net_retention(contracts), gross_retention(contracts))


def parts_of(dated: Sequence[Dated], span: Span, among: Mapping[UUID, Dated]) -> list[Part]:
    """Give every part that a judgment by value asks the worth of."""
    asked: list[Part] = []

    def noted(part: Part) -> int:
        asked.append(part)
        return 0

    worths(dated, span, noted, among)
    return asked


def _contracts(dated: Sequence[Dated], span: Span, worth: Worth, among: Mapping[UUID, Dated]) -> list[tuple[int, int]]:
    """Pair opening and closing by contract; what was bought to a contract within the period is its expansion."""
    opening: dict[UUID, int] = defaultdict(int)
    closing: dict[UUID, int] = defaultdict(int)
    for each in opening_cohort(dated, span):
        opening[each.agreement_id] += worth(each.part)
        closing[each.agreement_id] += sum(map(worth, _stands(each, among, span.told)))
    for each in dated:
        if each.agreement_id in opening and not each.renews and span.first < each.first_day <= span.told:
            closing[each.agreement_id] += sum(map(worth, _stands(each, among, span.told)))
    return [(value, closing[key]) for key, value in opening.items()]


def _stands(each: Dated, among: Mapping[UUID, Dated], day: date) -> list[Part]:
    """Give what stands of a lot after `day`: itself, or what follows it, however often it was renewed by then."""
    found: list[Part] = []
    todo, seen = [(each, Fraction(1))], {each.lot_key}
    while todo:
        lot, share = todo.pop()
        if lot.last_day > day or lot.closing is None:
            found.append(_of(lot.part, share))
            continue
        for part in lot.closing.parts:
            after = None if part.lot_key is None else among.get(part.lot_key)
            if after is None:
                found.append(_of(part, share))
            elif after.lot_key not in seen:
                seen.add(after.lot_key)
                whole = after.part.value
                todo.append((after, share * Fraction(part.value, whole) if whole else share))
    return found


def _of(part: Part, share: Fraction) -> Part:
    """Give the share of a part that stands for a lot where several were renewed by one."""
    return part if share == 1 else replace(part, value=round(part.value * share))
