"""Who reads the console: a session's person with their language, zone, rights, scope and instant, or a stranger."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request

from api.auth.caller import caller_of
from api.console import formats
from api.console.context import Context
from api.console.desk import Desk
from api.console.links import instant_of
from api.console.serving import THEME, wants_fragment
from api.console.texts import LOCALES, negotiate
from api.settings import Settings
from governance.directory.narrowing import within_unit
from governance.directory.queries import UnitNode, unit_tree
from governance.directory.service import SignedIn
from governance.kernel.due import day_of, start_of
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Office, Work
from governance.metrics.periods import fiscal_quarter
from governance.reviews.queries import SNAPSHOT, frozen
from governance.seats.service import SeatDesk
from policies.access.actions import Action
from policies.access.gate import Gate
from policies.access.parties import Actor, Role, ScopeKind

LANGUAGE: Final = "lictor-language"
UTC: Final = ZoneInfo("UTC")
SCOPES_AT_MOST: Final = 200
QUARTERS: Final = 4
RANK: Final = (
    (Role.IT_ADMIN, "admin"), (Role.LICENSE_OWNER, "admin"), (Role.AUDITOR, "auditor"), (Role.BOARD_MEMBER, "board"),
    (Role.FINANCE, "board"),
)  # fmt: skip


def locale_of(request: Request[Any, Any, Any], known: str | None) -> str:
    """The language that was chosen here, else the person's own, else what the browser prefers."""
    for asked in (request.cookies.get(LANGUAGE), (known or "").replace("_", "-").partition("-")[0]):
        if asked in LOCALES:
            return asked
    return negotiate(request.headers.get("accept-language", ""))


def audience_of(actor: Actor) -> tuple[Role, str]:
    """The role that a person is shown as and the rail that goes with it, the widest of what they hold."""
    return next(((role, audience) for role, audience in RANK if role in actor.roles), (Role.HOLDER, "holder"))


def stranger(request: Request[Any, Any, Any], now: datetime) -> Context:
    """The context of the doors: nobody is known yet, nothing can be read."""
    return plain_context(request, None, now)


def plain_context(request: Request[Any, Any, Any], signed_in: SignedIn | None, now: datetime) -> Context:
    """What is known of a reader without asking the database: enough for doors and for pages of failure."""
    role, audience = audience_of(signed_in.actor) if signed_in else (Role.HOLDER, "holder")
    locale = locale_of(request, signed_in.person.locale if signed_in else None)
    theme = request.cookies.get(THEME, "")
    bare = Context(
        tenant=signed_in.tenant.name if signed_in else "", person=signed_in.person.name if signed_in else "",
        role="", audience=audience, locale=locale, zone=ZoneInfo(signed_in.tenant.zone) if signed_in else UTC, now=now,
        csrf=signed_in.csrf if signed_in else "", work=_NoWork, path=request.url.path,
        theme=theme if theme in ("light", "dark") else "",
    )  # fmt: skip
    return replace(bare, role=bare.text(f"door.role_{role}")) if signed_in else bare


class _NoWork(AbstractAsyncContextManager[Work]):
    """The desk of a page that reads nothing: opening it is a mistake of the page."""

    async def __aenter__(self) -> Work:
        raise RuntimeError("A page of the door reads nothing")

    async def __aexit__(self, *_error: object) -> None:
        """Nothing was opened."""


class Reading:
    """Opens the context of each request for the person whose session it carries; None for everybody else."""

    def __init__(self, desk: SeatDesk, settings: Settings) -> None:
        self.desk = desk
        self.settings = settings

    async def __call__(self, request: Request[Any, Any, Any]) -> Context | None:
        """Raises NotFound for a scope out of reach, BadInput for an instant that cannot be read."""
        signed_in = caller_of(request.scope).signed_in
        if signed_in is None:
            return None
        office, actor = self.desk.office, signed_in.actor
        gate = await office.gate_for(actor)
        request_id = office.ids.new()
        zone = ZoneInfo(signed_in.tenant.zone)
        unit_id = _unit_of(request.query_params.get("scope", ""))
        nodes = await self._units(actor, gate, unit_id, fragment=bool(wants_fragment(request)))
        bare = plain_context(request, signed_in, office.clock.now())
        whole = bare.text(_everything(gate, actor))
        names = {str(node.unit.id): node.unit.name for node in nodes}
        if unit_id is not None and str(unit_id) not in names:
            raise NotFound("unit", str(unit_id))
        return replace(
            bare,
            work=self._work(actor, request_id, unit_id),
            may=_may(gate, actor),
            scope="" if unit_id is None else str(unit_id),
            scope_label=whole if unit_id is None else names[str(unit_id)],
            scopes=(("", whole), *indented(nodes)) if nodes else (),
            instants=_quarters(bare, signed_in.tenant.zone, signed_in.tenant.fiscal_year_start),
            **await self._instants(request, actor, zone),
            principal=Desk(actor, self.desk, self.settings, request_id, gate.revision, unit_id),
        )

    async def _units(self, actor: Actor, gate: Gate, asked: UUID | None, *, fragment: bool) -> Sequence[UnitNode]:
        """The units one may look at; a fragment has no scope bar and needs them only to check what was asked."""
        if not gate.may(actor, Action.UNIT_READ) or (fragment and asked is None):
            return ()
        async with self.desk.office.reading(actor) as work:
            return await unit_tree(work)

    async def _instants(self, request: Request[Any, Any, Any], actor: Actor, zone: ZoneInfo) -> dict[str, Any]:
        """What the address says of both clocks; a snapshot stands for the two instants that were frozen in it."""
        asked = request.query_params.get("as-of", "").strip()
        known_at = _moment(request, "known-at", zone)
        if not asked.lower().startswith(SNAPSHOT):
            return {"as_of": _moment(request, "as-of", zone), "known_at": known_at}
        async with self.desk.office.reading(actor) as work:
            row = await frozen(work, "as-of", asked)
        return {
            "as_of": row.as_of, "known_at": known_at or row.known_at, "as_of_label": row.title, "as_of_asked": asked,
        }  # fmt: skip

    def _work(self, actor: Actor, request_id: UUID, unit_id: UUID | None) -> Any:
        office: Office = self.desk.office

        @asynccontextmanager
        async def opened() -> AsyncIterator[Work]:
            async with office.reading(actor, request_id) as work:
                yield work if unit_id is None else await within_unit(work, unit_id)

        def work() -> AbstractAsyncContextManager[Work]:
            return opened()

        return work


def _may(gate: Gate, actor: Actor) -> Any:
    acts = {action.value: action for action in Action}

    def may(name: str) -> bool:
        return name in acts and gate.may(actor, acts[name])

    return may


def _everything(gate: Gate, actor: Actor) -> str:
    """How all that one may see is called."""
    if any(grant.scope is ScopeKind.TENANT for grant in actor.grants):
        return "door.all_units"
    return "door.your_units" if gate.may(actor, Action.UNIT_READ) else "door.yours"


def _unit_of(asked: str) -> UUID | None:
    if not asked:
        return None
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("unit", asked) from None


def _moment(request: Request[Any, Any, Any], name: str, zone: ZoneInfo) -> datetime | None:
    asked = request.query_params.get(name, "").strip()
    if asked in ("", "now"):
        return None
    moment = instant_of(asked.replace(" ", "+"), zone)
    if moment is None:
        raise BadInput(name, asked, "an instant such as 2026-03-02T09:00:00Z")
    return moment


def _quarters(ctx: Context, zone: str, year_start: int) -> tuple[tuple[str, str], ...]:
    """The ends of the last fiscal quarters for the scope bar: the first instant after each, in the tenant's zone."""
    today = day_of(ctx.now, zone)
    starts = [fiscal_quarter(today, year_start, back).first for back in range(QUARTERS)]
    return tuple(
        (
            start_of(start, zone).isoformat().replace("+00:00", "Z"),
            ctx.text("door.end_of", day=formats.day(ctx.locale, start - timedelta(days=1))),
        )
        for start in starts
    )


def indented(nodes: Sequence[UnitNode]) -> list[tuple[str, str]]:
    """The tree from top to bottom, deeper units set in; those whose parent is out of reach stand at the edge."""
    known = {node.unit.id for node in nodes}
    below: dict[UUID | None, list[UnitNode]] = {}
    for node in nodes:
        below.setdefault(node.parent_id if node.parent_id in known else None, []).append(node)
    shown: list[tuple[str, str]] = []
    waiting = [(node, 0) for node in reversed(below.get(None, []))]
    while waiting and len(shown) < SCOPES_AT_MOST:
        node, depth = waiting.pop()
        shown.append((str(node.unit.id), "\u2003" * depth + node.unit.name))
        waiting += [(child, depth + 1) for child in reversed(below.get(node.unit.id, []))]
    return shown
