"""What a seat costs, and seats that nobody has, that were never used, or lie dormant: parted by the largest remainder.

A lot's price is parted among the pools that have its seats, and the rest that no pool has; every figure is a sum of
these parts, rounded once at the end.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from governance.entitlements.rules import lot_cost
from governance.metrics.formulas.apportion import apportioned
from governance.metrics.formulas.seat_period import Periods, periods_of
from governance.metrics.gather import LineFact, PoolFact
from governance.metrics.seat_cost_gather import Held, LotInForce, SeatFacts
from governance.metrics.told_apart import Parts, fits, told_among

NOTHING = Fraction(0)


class CostBy(StrEnum):
    """What cost a seat is told by."""

    LOT = "LOT"
    LINE = "LINE"
    LICENSE = "LICENSE"
    PRODUCT = "PRODUCT"
    UNIT = "UNIT"


class Withheld(StrEnum):
    """Why use is not told. SMALL: too few, or derivable. UNSEEN: no source told. BY_LOT: seats are held of a pool."""

    SMALL = "SMALL"
    UNSEEN = "UNSEEN"
    BY_LOT = "BY_LOT"


@dataclass(frozen=True)
class CostOf:
    """Cost in one currency by period: of all seats, of one, and of those that lie idle, each apart (None: not told).

    A day, month and year count lots that end; `endless` is the price of those without an end, `unlimited` of those
    without a number of seats: both are told for the term alone, and unlimited ones are not parted.
    """

    currency: str
    seats: int
    total: Periods
    per_seat: Periods | None
    unassigned: Periods | None
    never_used: Periods | None
    dormant: Periods | None
    endless: int
    unlimited: int


@dataclass(frozen=True)
class SeatCost:
    """One row: `purchased` seats (None: unlimited). `never_used` and `dormant` are None where `withheld` says why."""

    id: UUID | None
    name: str
    of: str
    purchased: int | None
    occupied: int | None
    unassigned: int | None
    never_used: int | None
    dormant: int | None
    withheld: Withheld | None
    dormant_withheld: Withheld | None
    costs: tuple[CostOf, ...]


@dataclass(frozen=True)
class _Piece:
    """What one pool (None: no pool) has of one lot: `seats` as they are paid (None: unlimited), its part of the price,
    and how much of it is unassigned, never used and dormant, as shares of it.
    """

    lot: LotInForce
    line: LineFact
    pool: PoolFact | None
    seats: Fraction | None
    micros: int
    idle: Fraction = NOTHING
    never: Fraction = NOTHING
    dormant: Fraction = NOTHING


@dataclass
class _Sum:
    """Exact sums of one currency. Of lots with an end a day; of all a term."""

    seats: Fraction = NOTHING
    dated_seats: Fraction = NOTHING
    daily: Fraction = NOTHING
    term: Fraction = NOTHING
    idle_daily: Fraction = NOTHING
    idle_term: Fraction = NOTHING
    never_daily: Fraction = NOTHING
    never_term: Fraction = NOTHING
    dormant_daily: Fraction = NOTHING
    dormant_term: Fraction = NOTHING
    endless: int = 0
    unlimited: int = 0


@dataclass
class _Group:
    id: UUID | None
    name: str
    of: str = ""
    above: UUID | None = None
    pieces: list[_Piece] = field(default_factory=list)
    pools: dict[UUID, tuple[Held, bool]] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        """Cut its occupied seats into never used, dormant and the rest."""
        never = sum(held.never_used for held, _ in self.pools.values())
        dormant = sum(held.dormant for held, seen in self.pools.values() if seen)
        return never, dormant, sum(held.occupied for held, _ in self.pools.values()) - never - dormant


def judge(facts: SeatFacts, by: CostBy, k: int, *, watched: bool) -> tuple[tuple[SeatCost, ...], SeatCost]:
    """Part every lot, sum the parts by group, and say of which groups use may be told."""
    pieces = tuple(_pieces(facts))
    told = _told(facts, pieces, by, k)
    groups = _grouped(facts, pieces, by)
    rows = [_row(group, told=group.id in told, by=by, watched=watched) for group in groups.values()]
    rows.sort(key=lambda row: (row.of.casefold(), row.name.casefold(), str(row.id)))
    whole = _whole(facts, pieces)
    return tuple(rows), _row(whole, told=fits(whole.parts, k), by=None, watched=watched)


def _pieces(facts: SeatFacts) -> Iterable[_Piece]:
    """Part each lot among its pools and the rest; what is out of reach is left out."""
    supply: dict[UUID, int | None] = {}
    for shares in facts.shares.values():
        for pool_id, quantity in shares:
            before = supply.get(pool_id, 0)
            supply[pool_id] = None if quantity is None or before is None else before + quantity
    for lot in facts.lots:
        line, price = facts.lines[lot.line_id], lot_cost(lot)
        if lot.quantity is None:
            if line.in_reach:
                yield _Piece(lot, line, None, None, price)
            continue
        given = [(pool_id, quantity) for pool_id, quantity in facts.shares.get(lot.lot_key, ()) if quantity]
        weights = [quantity for _, quantity in given]
        rest = max(0, lot.quantity - sum(weights))
        *parts, left = apportioned(price, [*weights, rest or int(not sum(weights))])
        whole = Fraction(sum(weights) + rest)
        for (pool_id, quantity), micros in zip(given, parts, strict=True):
            pool = facts.pools.get(pool_id)
            if pool is not None:
                yield _held_piece(facts, lot, pool, Fraction(quantity * lot.quantity) / whole, micros, supply[pool_id])
        if line.in_reach:
            seats = Fraction(rest * lot.quantity) / whole if whole else NOTHING
            yield _Piece(lot, line, None, seats, left, idle=Fraction(1))


def _held_piece(
    facts: SeatFacts, lot: LotInForce, pool: PoolFact, seats: Fraction, micros: int, supply: int | None
) -> _Piece:
    """Give a pool's part of a lot: the pool's seats are alike, so each of its lots carries the same share of use."""
    held = facts.held.get(pool.pool_id, Held())
    line = facts.lines[lot.line_id]
    total = max(supply or held.occupied, 1)
    taken = Fraction(min(held.occupied, total), total)
    each = taken / held.occupied if held.occupied else NOTHING
    dormant = held.dormant if line.product_id in facts.seen else 0
    return _Piece(lot, line, pool, seats, micros, 1 - taken, held.never_used * each, dormant * each)


def _grouped(facts: SeatFacts, pieces: Iterable[_Piece], by: CostBy) -> dict[UUID, _Group]:
    """Put the pieces, and the pools' holders, where they are told."""
    groups: dict[UUID, _Group] = {}
    for piece in pieces:
        key, name, of, above = _place(piece, by)
        group = groups.setdefault(key, _Group(key, name, of, above))
        group.pieces.append(piece)
        if piece.pool is not None and by is not CostBy.LOT:
            group.pools[piece.pool.pool_id] = _held_of(facts, piece.pool, piece.line)
    return groups


def _held_of(facts: SeatFacts, pool: PoolFact, line: LineFact) -> tuple[Held, bool]:
    return facts.held.get(pool.pool_id, Held()), line.product_id in facts.seen


def _place(piece: _Piece, by: CostBy) -> tuple[UUID, str, str, UUID | None]:
    """Say where a piece is told, of what that is a part, and by which group above it is judged."""
    line, lot = piece.line, piece.lot
    if by is CostBy.LOT:
        return lot.lot_key, lot.po_number or lot.first_day.isoformat(), line.license, line.line_id
    if by is CostBy.LINE:
        return line.line_id, line.tier or line.model.value, line.license, line.license_id
    if by is CostBy.LICENSE:
        return line.license_id, line.license, line.product, line.product_id
    if by is CostBy.PRODUCT:
        return line.product_id, line.product, "", None
    place = piece.pool or line
    return place.unit_id, place.unit, "", None


def _whole(facts: SeatFacts, pieces: Iterable[_Piece]) -> _Group:
    whole = _Group(None, "")
    for piece in pieces:
        whole.pieces.append(piece)
        if piece.pool is not None:
            whole.pools[piece.pool.pool_id] = _held_of(facts, piece.pool, piece.line)
    return whole


def _told(facts: SeatFacts, pieces: tuple[_Piece, ...], by: CostBy, k: int) -> frozenset[UUID]:
    """Say which groups may tell of use: from the whole down through products and licenses to what is asked for."""
    whole = fits(_whole(facts, pieces).parts, k)
    if by in {CostBy.UNIT, CostBy.PRODUCT}:
        return told_among({key: group.parts for key, group in _grouped(facts, pieces, by).items()}, k, above=whole)
    if by is CostBy.LOT:
        return frozenset()
    above = _told(facts, pieces, CostBy.PRODUCT if by is CostBy.LICENSE else CostBy.LICENSE, k)
    families: dict[UUID | None, dict[UUID, Parts]] = defaultdict(dict)
    for key, group in _grouped(facts, pieces, by).items():
        families[group.above][key] = group.parts
    return frozenset().union(*(told_among(each, k, above=key in above) for key, each in families.items()))


def _row(group: _Group, *, told: bool, by: CostBy | None, watched: bool) -> SeatCost:
    """Sum one group; what must not be told of its use is left out, with its cost."""
    never, dormant, _ = group.parts
    counted = by is not CostBy.LOT
    withheld = None if told else Withheld.SMALL if counted else Withheld.BY_LOT
    seen = watched and (not group.pools or any(seen for _, seen in group.pools.values()))
    blind = withheld or (None if seen else Withheld.UNSEEN)
    sums: Mapping[str, _Sum] = _summed(group.pieces)
    seats = [piece.lot.quantity for piece in group.pieces]
    purchased = None if None in seats else round(sum((sum_.seats for sum_ in sums.values()), NOTHING))
    return SeatCost(
        group.id, group.name, group.of, purchased,
        occupied=sum(held.occupied for held, _ in group.pools.values()) if counted else None,
        unassigned=_unassigned(group) if counted and sums and any(each.seats for each in sums.values()) else None,
        never_used=never if withheld is None else None,
        dormant=dormant if blind is None else None,
        withheld=withheld, dormant_withheld=blind,
        costs=tuple(_cost(currency, sums[currency], counted, withheld, blind) for currency in sorted(sums)),
    )  # fmt: skip


def _unassigned(group: _Group) -> int:
    """Count the seats nobody has: what each pool has left, and what no pool has."""
    seats: dict[UUID, Fraction] = defaultdict(Fraction)
    for piece in group.pieces:
        if piece.pool is not None:
            seats[piece.pool.pool_id] += piece.seats or NOTHING
    left = sum(max(0, round(seats[pool_id]) - held.occupied) for pool_id, (held, _) in group.pools.items())
    return left + round(sum((piece.seats or NOTHING for piece in group.pieces if piece.pool is None), NOTHING))


def _summed(pieces: Iterable[_Piece]) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for piece in pieces:
        sum_, days = sums[piece.lot.currency], piece.lot.days
        if piece.seats is None:
            sum_.unlimited += piece.micros
            continue
        amount = Fraction(piece.micros)
        daily = NOTHING if days is None else amount / days
        sum_.seats += piece.seats
        sum_.dated_seats += NOTHING if days is None else piece.seats
        sum_.endless += piece.micros if days is None else 0
        shares = {"": Fraction(1), "idle_": piece.idle, "never_": piece.never, "dormant_": piece.dormant}
        for name, share in shares.items():
            for what, whole in (("daily", daily), ("term", amount)):
                setattr(sum_, name + what, getattr(sum_, name + what) + whole * share)
    return sums


def _cost(currency: str, sum_: _Sum, counted: bool, withheld: Withheld | None, blind: Withheld | None) -> CostOf:
    dated = sum_.dated_seats > 0
    per_seat = None
    if sum_.seats:
        per_seat = periods_of(sum_.daily / sum_.dated_seats if dated else None, sum_.term / sum_.seats)

    def told(daily: Fraction, term: Fraction, *, open_: bool) -> Periods | None:
        return periods_of(daily if dated else None, term) if open_ else None

    return CostOf(
        currency, round(sum_.seats), periods_of(sum_.daily if dated else None, sum_.term), per_seat,
        told(sum_.idle_daily, sum_.idle_term, open_=counted),
        told(sum_.never_daily, sum_.never_term, open_=withheld is None),
        told(sum_.dormant_daily, sum_.dormant_term, open_=blind is None),
        sum_.endless, sum_.unlimited,
    )  # fmt: skip
