"""Every reason for a no, most fundamental first."""

from collections.abc import Iterator

from governance.catalog.rules import may_be_used
from governance.directory.rules import PersonStatus
from governance.entitlements.rules import MEASURED, most_of, stops
from governance.kernel.errors import Code, Reason
from governance.seats.rules.facts import PoolFacts, Question, TierNeed
from governance.seats.rules.stacking import base_held, features_granted, not_covered
from policies.regions.region import Territory


def reasons(asked: Question) -> tuple[Reason, ...]:
    """Give every reason why not, most fundamental first; none means: nothing but the ledger stands in between."""
    return tuple(
        reason
        for rule in (
            _holder_active,
            _held_by_people,
            _product_approved,
            _pool_open,
            _tier_covers,
            features_granted,
            base_held,
            _territory_covers,
            _unseated,
            _counted_once,
            not_covered,
            _room,
        )
        for reason in rule(asked)
    )


def _holder_active(asked: Question) -> Iterator[Reason]:
    holder = asked.holder
    subject = f"person {holder.id}"
    if holder.status is not PersonStatus.ACTIVE:
        remedy = "Choose somebody who is active, or correct the directory."
        yield Reason(Code.HOLDER_NOT_ACTIVE, subject, holder.status.value, "ACTIVE", "directory", remedy)
    elif holder.contract_end is not None and holder.contract_end < asked.today:
        remedy = "Extend the contract end in the directory first."
        has = f"contract ended {holder.contract_end}"
        yield Reason(Code.HOLDER_NOT_ACTIVE, subject, has, "a running contract", "directory", remedy)


def _held_by_people(asked: Question) -> Iterator[Reason]:
    model = asked.pool.model
    if model in MEASURED:
        yield Reason(
            Code.WRONG_STATE, f"line {asked.pool.line_code}", model.value, "a line of which people hold seats",
            "metric line", "Record what it consumes instead, or use another line of the license.",
        )  # fmt: skip


def _product_approved(asked: Question) -> Iterator[Reason]:
    standing = asked.pool.standing
    if standing is not None and not may_be_used(standing.status, standing.until, asked.today):
        has = standing.status.value + (f" until {standing.until}" if standing.until else "")
        yield Reason(
            Code.PRODUCT_NOT_APPROVED, f"product {asked.pool.product}", has, "an approval in force",
            f"approval decided by {standing.decided_by}", "Ask for the product's approval, or use an approved one.",
        )  # fmt: skip


def _pool_open(asked: Question) -> Iterator[Reason]:
    pool = asked.pool
    if pool.closed_at is not None:
        remedy = "Choose another pool of the line."
        has = f"closed {pool.closed_at:%Y-%m-%d}"
        yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", has, "an open pool", "pool", remedy)
    if not pool.in_force:
        remedy = "Renew the lot or allocate seats of one that is in force."
        yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", pool.supply, "a lot in force today", "lots", remedy)


def _tier_covers(asked: Question) -> Iterator[Reason]:
    needs, has = asked.needs_tier, asked.pool.tier
    if needs is None:
        return
    if not _covers(asked.pool, needs):
        yield Reason(
            Code.TIER_TOO_LOW, f"line {asked.pool.line_code}", has.code if has else "no tier", needs.code,
            "metric line", f"Use a line of tier {needs.code} or above.",
        )  # fmt: skip


def _covers(pool: PoolFacts, needs: TierNeed) -> bool:
    """Say whether a seat of the pool does for a tier: by rank, by what it contains, by a downgrade right."""
    has = pool.tier
    if needs.id is not None and (needs.id in pool.book.covers(pool.key) or needs.id in pool.downgrades):
        return True
    if has is None or has.product != needs.product:
        return False
    return has.code == needs.code or (has.rank > needs.rank and not needs.releases)


def _territory_covers(asked: Question) -> Iterator[Reason]:
    lots = asked.pool.territories
    if lots and not any(territory.covers(asked.holder.country, asked.regions) for territory in lots):
        needs = " or ".join(sorted({_spoken(territory) for territory in lots}))
        yield Reason(
            Code.TERRITORY, f"person {asked.holder.id}", asked.holder.country, needs, "territory of lots in force",
            "Use a pool whose lots include the holder's country.",
        )  # fmt: skip


def _unseated(asked: Question) -> Iterator[Reason]:
    if asked.holder.seated_in is not None:
        yield Reason(
            Code.ALREADY_SEATED, f"person {asked.holder.id}", f"a seat in pool {asked.holder.seated_in}",
            "no open seat on this line", "assignments", "Release that seat first, or leave it as it is.",
        )  # fmt: skip


def _counted_once(asked: Question) -> Iterator[Reason]:
    if asked.holder.own_device is not None:
        yield Reason(
            Code.COVERED_ALREADY, f"person {asked.holder.id}", f"their device {asked.holder.own_device} has a seat",
            "one seat for a person and their own device", "metric line",
            "Nothing is needed: that seat counts for the person too.",
        )  # fmt: skip


def _room(asked: Question) -> Iterator[Reason]:
    pool = asked.pool
    if not stops(pool.overage) or not pool.in_force:
        return
    for what, ceiling, occupied in (
        (f"pool {pool.name}", pool.ceiling, pool.occupied),
        (f"line {pool.line_code}", pool.line_ceiling, pool.line_occupied),
    ):
        most, percent = most_of(ceiling, pool.overage_percent), pool.overage_percent
        if most is not None and occupied + asked.taken >= most:
            yield no_room(what, most, occupied + asked.taken, of=ceiling, percent=percent)


def no_room(what: str, ceiling: int, occupied: int, *, of: int | None = None, percent: str | None = None) -> Reason:
    """Say that a pool or line is full; with a percentage, that it is also full of what may be taken beyond `of`."""
    remedy = "Release a seat, allocate more to the pool, or buy more."
    has = f"{occupied} of {ceiling} taken" + (f" ({percent} % of {of})" if percent is not None else "")
    return Reason(Code.LIMIT_REACHED, what, has, "one free seat", "room", remedy)


def _spoken(territory: Territory) -> str:
    included = "/".join(sorted(territory.included))
    return included + (f" without {'/'.join(sorted(territory.excluded))}" if territory.excluded else "")
