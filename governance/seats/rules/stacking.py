"""What a holder's other rights do to a seat: the base of an add-on, the suite that covers it, features summed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.catalog.bonds import TierBook, bases_of, cheapest, ways
from governance.entitlements.rules import Covered
from governance.kernel.errors import Code, Reason
from governance.seats.rules.facts import HeldRight, Question


@dataclass(frozen=True)
class Loss:
    """What a holder loses with a seat: add-ons that stand on nothing then, and parts that nothing else covers."""

    stranded: tuple[HeldRight, ...] = ()
    uncovered: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.stranded or self.uncovered)


def covered_by(book: TierBook, stack: Sequence[HeldRight], key: UUID, line_id: UUID) -> HeldRight | None:
    """Give the right on another line by which a holder is covered for `key` already."""
    return next((each for each in stack if each.line_id != line_id and key in book.covers(each.key)), None)


def lost_with(book: TierBook, stack: Sequence[HeldRight], leaving: frozenset[UUID], to: UUID | None = None) -> Loss:
    """Say what the holder of `stack` loses when the seats on the `leaving` lines are given back, for `to` or nothing.

    Parts are named once: what a part that is lost covers below itself goes without saying.
    """
    gone = [each for each in stack if each.line_id in leaving]
    left = [each for each in stack if each.line_id not in leaving]
    before, after = [each.key for each in stack], [each.key for each in left] + ([] if to is None else [to])
    stranded = tuple(each for each in left if book.stands(each.key, before) and not book.stands(each.key, after))
    still = frozenset(key for each in after for key in book.covers(each))
    parts = {key for each in gone for key in book.parts(each.key)} - still
    below = {key for each in parts for key in book.covers(each) if key != each}
    return Loss(stranded, tuple(sorted(parts - below, key=book.name)))


def base_held(asked: Question) -> Iterator[Reason]:
    """Say no to an add-on whose holder has none of its bases, and name the cheapest one."""
    book, key = asked.pool.book, asked.pool.key
    if book.stands(key, [each.key for each in asked.holder.stack]):
        return
    found = cheapest(bases_of(book, key))
    has = ", ".join(sorted({each.spoken for each in asked.holder.stack})) or "nothing that it stands on"
    remedy = "None of its bases is sold any more." if found is None else f"Assign {found.spoken} first, the cheapest."
    needs = " or ".join(sorted(book.name(each) for each in book.bases(key)))
    yield Reason(Code.BASE_MISSING, f"person {asked.holder.id}", has, needs, "catalog", remedy)


def not_covered(asked: Question) -> Iterator[Reason]:
    """Say no to a seat whose holder is covered for it already, where the line refuses such seats."""
    if asked.pool.covered is not Covered.REFUSE:
        return
    by = covered_by(asked.pool.book, asked.holder.stack, asked.pool.key, asked.pool.line_id)
    if by is not None:
        lots = f" ({', '.join(by.lots)})" if by.lots else ""
        yield Reason(
            Code.COVERED_ALREADY, f"person {asked.holder.id}", f"{by.spoken} in pool {by.pool}{lots}",
            f"nobody who is covered for {asked.pool.book.name(asked.pool.key)} already", "catalog",
            "Leave it as it is, or let the line tell of covered seats instead of refusing them.",
        )  # fmt: skip


def features_granted(asked: Question) -> Iterator[Reason]:
    """Say which asked features neither the seat nor the holder's other rights grant, and the cheapest way to all."""
    pool, held = asked.pool, [each.key for each in asked.holder.stack]
    have = pool.grants.union(*(pool.book.grants(key) for key in held))
    missing = sorted(asked.needs_features - have)
    if not missing:
        return
    has = (pool.tier.code if pool.tier else "no tier") + f" without {', '.join(missing)}"
    found = cheapest(ways(pool.book, asked.needs_features, frozenset(held), product_id=pool.product_id))
    remedy = f"Use {found.spoken}, the cheapest that does." if found else "No tier that is sold grants all of that."
    needs = ", ".join(sorted(asked.needs_features))
    yield Reason(Code.TIER_TOO_LOW, f"line {pool.line_code}", has, needs, "catalog", remedy)
