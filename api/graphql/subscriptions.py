"""What one may watch: a run on its way, alerts as they are raised, seats of a pool or a license, a review's votes."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import UUID

import strawberry

from api.graphql.alerts import Alert
from api.graphql.context import Info
from api.graphql.engine import FieldClass, field, id_of, streamed
from api.graphql.entitlements import Entitlement, Pool
from api.graphql.inputs import NodeId
from api.graphql.reviews import Review
from api.graphql.runs import Run
from api.graphql.watching import After, Found, Told, mark_of, state, watched
from governance.alerts import queries as alerts
from governance.alerts import raised
from governance.alerts.rules import AlertState
from governance.entitlements import queries as entitlements
from governance.entitlements.models import MetricLine
from governance.entitlements.models import Pool as PoolRow
from governance.kernel.errors import Refused
from governance.kernel.page import count_all
from governance.kernel.work import Work
from governance.requests.queries import waiting_in
from governance.reviews import queries as reviews
from governance.runs import queries as runs
from governance.runs.rules import ENDED
from governance.seats.lease_queries import lease_rooms
from policies.access.actions import Action

CURSOR = "Give it as `after` to go on from here after a break."
ALERTS_MOST = 50
KNOWN_MOST = 30
"""How many events a cursor knows apart; each takes 38 of the 2,048 characters that a cursor may have."""


@strawberry.type(description="How a run is.")
class RunNow:
    cursor: str = field(CURSOR, FieldClass.PUBLIC)
    run: Run = field("The run.", FieldClass.PUBLIC)


@strawberry.type(description="Alerts that were raised or rose since the message before, and how many stand open.")
class AlertsNow:
    cursor: str = field(CURSOR, FieldClass.PUBLIC)
    raised: list[Alert] = field(
        f"Those raised or risen since, the earliest first, at most {ALERTS_MOST} a message.", FieldClass.PUBLIC
    )
    open: int = field("How many alerts within reach stand open.", FieldClass.PUBLIC)


@strawberry.type(description="How the seats of a pool are.")
class PoolNow:
    cursor: str = field(CURSOR, FieldClass.PUBLIC)
    pool: Pool = field("The pool; its room has the figures.", FieldClass.PUBLIC)
    waiting: int = field("How many requests within reach wait in line for a seat of it.", FieldClass.PUBLIC)


@strawberry.type(description="How the seats of a license are, in those of its pools that are within reach.")
class EntitlementNow:
    cursor: str = field(CURSOR, FieldClass.PUBLIC)
    entitlement: Entitlement = field("The license; the rooms of its pools have the figures.", FieldClass.PUBLIC)
    waiting: int = field("How many requests within reach wait in line for a seat of it.", FieldClass.PUBLIC)


@strawberry.type(description="How a review is: its state, its votes, its signatures.")
class ReviewNow:
    cursor: str = field(CURSOR, FieldClass.PUBLIC)
    review: Review = field("The review.", FieldClass.PUBLIC)


@strawberry.type(description="What can be watched: each message is looked up under the rights of its own moment.")
class Subscription:
    @streamed("A run on its way, the file of an import included; completes when the run has ended.", FieldClass.PUBLIC)
    async def run_changed(self, info: Info, id: NodeId, after: After = None) -> AsyncGenerator[RunNow, None]:
        run_id = id_of("Run", id)

        async def look(work: Work, told: Told | None) -> Found[Run]:
            row = await runs.run(work, run_id)
            mark = mark_of(row.state, row.rows_done, row.rows_all, row.step, row.cancel_asked, row.error, row.ended_at)
            return state(mark, told, Run.of(row), last=row.state in ENDED)

        async with aclosing(watched(info, f"run {run_id}", look, after)) as found:
            async for cursor, run in found:
                yield RunNow(cursor=cursor, run=run)

    @streamed("Alerts as they are raised or rise, and how many stand open.", FieldClass.PUBLIC)
    async def alerts_raised(self, info: Info, after: After = None) -> AsyncGenerator[AlertsNow, None]:
        async with aclosing(watched(info, "alerts", _Alerts().look, after)) as found:
            async for cursor, (fresh, count) in found:
                yield AlertsNow(cursor=cursor, raised=fresh, open=count)

    @streamed("The seats of a pool: taken and free ones, and who waits in line.", FieldClass.PUBLIC)
    async def pool_changed(self, info: Info, id: NodeId, after: After = None) -> AsyncGenerator[PoolNow, None]:
        pool_id = id_of("Pool", id)

        async def look(work: Work, told: Told | None) -> Found[tuple[Pool, int]]:
            row = await entitlements.pool(work, pool_id)
            mark, waiting = await _seats(work, [pool_id])
            return state(mark, told, (Pool.of(row), waiting))

        async with aclosing(watched(info, f"pool {pool_id}", look, after)) as found:
            async for cursor, (pool, waiting) in found:
                yield PoolNow(cursor=cursor, pool=pool, waiting=waiting)

    @streamed("The seats of a license, pool by pool.", FieldClass.PUBLIC)
    async def entitlement_changed(
        self, info: Info, id: NodeId, after: After = None
    ) -> AsyncGenerator[EntitlementNow, None]:
        license_id = id_of("Entitlement", id)

        async def look(work: Work, told: Told | None) -> Found[tuple[Entitlement, int]]:
            row = await entitlements.entitlement(work, license_id)
            pools = entitlements.visible_pools(work).where(MetricLine.entitlement_id == license_id)
            ids = (await work.session.execute(pools.with_only_columns(PoolRow.id))).scalars().all()
            mark, waiting = await _seats(work, ids)
            return state(mark, told, (Entitlement.of(row), waiting))

        async with aclosing(watched(info, f"license {license_id}", look, after)) as found:
            async for cursor, (license_, waiting) in found:
                yield EntitlementNow(cursor=cursor, entitlement=license_, waiting=waiting)

    @streamed("A review: its state, its votes, its signatures.", FieldClass.PUBLIC)
    async def review_changed(self, info: Info, id: NodeId, after: After = None) -> AsyncGenerator[ReviewNow, None]:
        review_id = id_of("Review", id)

        async def look(work: Work, told: Told | None) -> Found[Review]:
            row = await reviews.review(work, review_id)
            signed = [signature.id for signature, _, _ in await reviews.signatures(work, review_id)]
            voted = [(vote.id, vote.choice) for vote in await reviews.live_votes(work, review_id)]
            decided = [each.id for each in await reviews.item_decisions(work, review_id)]
            return state(mark_of(row.version, row.state, signed, voted, decided), told, Review.of(row))

        async with aclosing(watched(info, f"review {review_id}", look, after)) as found:
            async for cursor, review in found:
                yield ReviewNow(cursor=cursor, review=review)


async def _seats(work: Work, pool_ids: Sequence[UUID]) -> tuple[str, int]:
    """Give a mark of what the ledger counts in these pools, and how many requests wait for their seats."""
    rooms = await entitlements.rooms_of(work, tuple(pool_ids))
    lent = await lease_rooms(work, pool_ids)
    waiting = await waiting_in(work, pool_ids)
    counted = [(one.id, one.occupied, one.ceiling, one.supply, one.over_since) for one in rooms.values()]
    lending = [(one.id, sorted(one.held.items()), one.borrowed, one.waiting) for one in lent]
    return mark_of(sorted(pool_ids), sorted(counted), sorted(lending), waiting), waiting


class _Alerts:
    """Looks for alerts that were raised since, by the events that told of it.

    Ids of events follow time, but not their commits: one may come to light after a later one. So the last minutes are
    looked at again, and what was seen of them is kept; a cursor keeps the newest of it, so that after a break an alert
    may be told twice, and none is missed.
    """

    def __init__(self) -> None:
        self.kept: tuple[Told, set[UUID]] = ((), set())

    async def look(self, work: Work, told: Told | None) -> Found[tuple[list[Alert], int]]:
        """Raises Refused for who may see no alerts."""
        if not work.gate.may(work.actor, Action.ALERT_READ):
            raise Refused(Action.ALERT_READ.value, "alerts")
        count = await count_all(work.session, alerts.visible_alerts(work, (AlertState.OPEN,)))
        if told is None:
            latest = await raised.latest_event(work)
            seen = set(await raised.raised_within(work, raised.shortly_before(latest)))
            return Found(self._told(latest, count, seen), ([], count))
        latest, counted, *known = told
        least = raised.shortly_before(latest)
        seen = {one for one in (self.kept[1] if told == self.kept[0] else known) if one >= least}
        fresh = await raised.raised_after(work, least, seen, ALERTS_MOST)
        seen |= {event for event, _ in fresh}
        shown = {alert.id: Alert.of(alert) for _, alert in fresh}
        news = (list(shown.values()), count) if shown or count != counted else None
        return Found(self._told(max([latest, *(event for event, _ in fresh)]), count, seen), news)

    def _told(self, latest: UUID, count: int, seen: set[UUID]) -> Told:
        told = (latest, count, *sorted(seen)[-KNOWN_MOST:])
        self.kept = (told, seen)
        return told
