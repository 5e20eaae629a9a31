"""The facts of one call to seat people: the pool, the holders, what is needed, and every reason against each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from governance.catalog import queries as catalog
from governance.kernel.errors import BadInput, Code, Reason
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.models import Assignment
from governance.seats.rules import HeldRight, Holder, Need, PoolFacts, Question, covered_by, reasons
from governance.seats.stacks import holders_to_be, pool_to_seat
from policies.access.actions import Action
from policies.regions.region import RegionTree

ELSEWHERE_HELPS = frozenset({Code.LIMIT_REACHED, Code.TERRITORY, Code.NOT_IN_FORCE, Code.TIER_TOO_LOW})


class Asked(Protocol):
    """What a case needs of the command."""

    @property
    def pool_id(self) -> UUID: ...
    @property
    def invite(self) -> bool | None: ...
    @property
    def tier_id(self) -> UUID | None: ...
    @property
    def feature_ids(self) -> tuple[UUID, ...] | None: ...


@dataclass(frozen=True)
class Nearest:
    """The nearest thing that would work: another pool within reach with room and territory. `free` None: unlimited."""

    pool_id: UUID
    pool: str
    line: str
    free: int | None


@dataclass(frozen=True)
class Case:
    pool: PoolFacts
    holders: Mapping[UUID, Holder]
    person_ids: tuple[UUID, ...]
    need: Need
    invite: bool
    today: date
    regions: RegionTree
    revision: int
    replays: frozenset[UUID]
    _clear: set[tuple[object, ...]] = field(default_factory=set)

    def reasons(self, person_id: UUID, *, taken: int = 0) -> tuple[Reason, ...]:
        """Give every reason against one person; none for a seat that this very call gave before."""
        if person_id in self.replays:
            return ()
        holder, need = self.holders[person_id], self.need
        # Only whose seat it is differs among people who are alike in these: against all of them stands nothing.
        place = holder.status, holder.country, holder.contract_end, holder.seated_in, holder.own_device
        alike = (taken, *place, holder.stack)
        if alike in self._clear:
            return ()
        found = reasons(Question(self.pool, holder, self.today, self.regions, need.tier, taken, need.features))
        if not found:
            self._clear.add(alike)
        return found

    def covered_by(self, person_id: UUID) -> HeldRight | None:
        """Give what the person holds already that covers a seat of the pool; the seat is one too many then."""
        stack = self.holders[person_id].stack
        return covered_by(self.pool.book, stack, self.pool.key, self.pool.line_id) if stack else None


async def open_case(
    work: Work, command: Asked, person_ids: tuple[UUID, ...], keys: Mapping[str, UUID] | None = None
) -> Case:
    """Fetch within reach, permit, and lay the facts out. Raises NotFound, Refused, BadInput.

    `keys` are the claim keys of people whom this call may have seated before.
    """
    pool, owned = await pool_to_seat(work, command.pool_id, features=bool(command.feature_ids))
    holders = await holders_to_be(work, pool, person_ids)
    invite = pool.needs_acceptance if command.invite is None else command.invite
    work.permit(Action.SEAT_INVITE if invite else Action.SEAT_ASSIGN, owned, f"pool {pool.name}")
    if pool.needs_acceptance and not invite:
        raise BadInput("invite", "false", f"true: seats of {pool.line_code} are accepted by their holders")
    need = await needed(work, command.feature_ids, command.tier_id)
    return Case(
        pool, holders, person_ids, need, invite, await queries.today(work), work.office.regions,
        await queries.revision(work), await _replays(work, keys or {}),
    )  # fmt: skip


async def needed(work: Work, feature_ids: tuple[UUID, ...] | None, tier_id: UUID | None) -> Need:
    """Give what is asked for, by code. Raises NotFound."""
    features = frozenset([(await catalog.feature(work, each)).code for each in feature_ids or ()])
    return Need(features, None if tier_id is None else await queries.tier_need(work, tier_id))


async def nearest(
    work: Work, pool: PoolFacts, denied: Mapping[UUID, tuple[Reason, ...]], need: Need
) -> dict[UUID, Nearest]:
    """Give, for those whom another pool would help, the first one beside this where nothing stands against them."""
    open_ids = [p for p, why in denied.items() if ELSEWHERE_HELPS.issuperset(reason.code for reason in why)]
    found: dict[UUID, Nearest] = {}
    for pool_id in await queries.pools_beside(work, pool) if open_ids else ():
        beside, owned = await pool_to_seat(work, pool_id, near=pool)
        if work.permits(Action.SEAT_INVITE if beside.needs_acceptance else Action.SEAT_ASSIGN, owned):
            await _try(work, beside, [p for p in open_ids if p not in found], need, found)
    return found


async def _try(work: Work, pool: PoolFacts, person_ids: Sequence[UUID], need: Need, found: dict[UUID, Nearest]) -> None:
    holders = await holders_to_be(work, pool, person_ids)
    today, taken = await queries.today(work), 0
    for person_id in person_ids:
        asked = Question(pool, holders[person_id], today, work.office.regions, need.tier, taken, need.features)
        if not reasons(asked):
            left = None if pool.free is None else pool.free - taken
            found[person_id] = Nearest(pool.id, pool.name, pool.line_code, left)
            taken += 1


async def _replays(work: Work, keys: Mapping[str, UUID]) -> frozenset[UUID]:
    if not keys:
        return frozenset()
    query = select(Assignment.claim_key).where(Assignment.tenant_id == work.tenant_id, Assignment.claim_key.in_(keys))
    return frozenset(keys[key] for key in (await work.session.execute(query)).scalars() if key is not None)
