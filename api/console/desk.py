"""What a page of the console stands on: the reader's actor, the desk of seats, and the facts of the footer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from api.console.context import Context
from api.console.parts import Provenance
from api.settings import Settings
from governance.audit.queries import head
from governance.kernel.work import Office, Work
from governance.metrics.definitions import definitions
from governance.seats.service import SeatDesk
from policies.access.parties import Actor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """The verbs' side of a request. Reading goes through `ctx.work()`, changing through `perform` or the seats' verbs.

    `unit_id` is the unit that `scope=` cuts reading to, None for all within reach.
    """

    actor: Actor
    desk: SeatDesk
    settings: Settings
    request_id: UUID
    revision: str
    unit_id: UUID | None = None

    @property
    def office(self) -> Office:
        return self.desk.office

    async def perform(self, verb: Callable[[Work], Awaitable[T]]) -> T:
        """Run one verb as the reader, in one transaction. Raises what the verb raises."""
        return await self.office.perform(self.actor, verb, self.request_id)


def desk_of(ctx: Context) -> Desk:
    """The desk that the door gave this request."""
    assert isinstance(ctx.principal, Desk)
    return ctx.principal


async def provenance_of(ctx: Context, *figures: str, extras: tuple[tuple[str, str], ...] = ()) -> Provenance:
    """The footer of a page: instant, scope, policy, the definitions of `figures` by their ids, length of the trail."""
    async with desk_of(ctx).office.reading(desk_of(ctx).actor) as work:
        entries, _ = await head(work)
    known = definitions()
    return Provenance(
        ctx.as_of or ctx.now,
        f"{ctx.tenant}, {ctx.scope_label}",
        desk_of(ctx).revision[:8],
        ", ".join(known[name].label for name in figures if name in known),
        ctx.text("door.entries", count=entries),
        extras,
    )
