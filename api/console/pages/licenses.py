"""Licenses: what we hold, seats against their limit, worst first."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from api.console.cost_said import cost_note
from api.console.declare import Action, Context, Empty, Filter, Level, Option, Query, Rows, TablePage
from api.console.desk import provenance_of
from api.console.license_columns import COLUMNS
from api.console.paging import cut
from api.console.standing import WORST, Held, feeds, holdings, model_words
from governance.entitlements.rules import LicenseModel

NO_OWNER: Final = "none"
UNLIMITED: Final = 1 << 62
KEYS: Final[dict[str, Callable[[Held], Any]]] = {
    "name": lambda row: row.name.casefold(),
    "owner": lambda row: row.owner.casefold(),
    "vendor": lambda row: (row.vendor or "").casefold(),
    "occupied": lambda row: row.taken or 0,
    "purchased": lambda row: UNLIMITED if row.bought is None else row.bought,
    "balance": lambda row: UNLIMITED if row.balance.seats is None else row.balance.seats,
    "status": lambda row: (WORST[row.status.level], -(row.seats.percent or 0)),
}


async def licenses(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it."""
    held = await holdings(ctx)
    found = narrowed(held.rows, query)
    if query.sort in KEYS:
        found = sorted(found, key=KEYS[query.sort], reverse=query.descending)
    part = cut(query, found, lambda row: row.id)
    return Rows(
        part.items, total=len(found), next=part.next, previous=part.previous, first_index=part.first_index,
        note=" · ".join(filter(None, (ctx.text("licenses.balance_note"), await cost_note(ctx, held.told, found)))),
        freshness=feeds(ctx, held.told.freshness),
        provenance=await provenance_of(ctx, "position"),
    )  # fmt: skip


def narrowed(rows: Sequence[Held], query: Query) -> list[Held]:
    """The rows that filters and search leave."""
    status, model, owner = (query.filters.get(name, "") for name in ("status", "model", "owner"))
    words = query.search.casefold().split()
    return [
        row
        for row in rows
        if (not status or row.status.level == status)
        and (not model or model in row.models)
        and (owner != NO_OWNER or (row.owner_id is None and row.href is not None))
        and all(word in _text(row) for word in words)
    ]


def _text(row: Held) -> str:
    return " ".join(part for part in (row.name, row.code, row.vendor, row.owner, row.unit) if part).casefold()


async def model_options(ctx: Context) -> tuple[Option, ...]:
    """Ways of counting by their names in the reader's language."""
    named = (Option(model.value, text=model_words(ctx, (model,))) for model in LicenseModel)
    return (Option("", "licenses.any"), *named)


SHOWN: Final = (Level.CRITICAL, Level.HIGH, Level.WARN, Level.OK)
STATUS: Final = Filter(
    "status", "table.status",
    (Option("", "licenses.any"), *(Option(level, f"status.{level}") for level in SHOWN)),
)  # fmt: skip
MODEL: Final = Filter("model", "licenses.model", model_options)
OWNER: Final = Filter(
    "owner", "licenses.owner", (Option("", "licenses.any"), Option(NO_OWNER, "licenses.no_owner")), icon="person"
)
GRANT: Final = Action("granting.new", "/licenses/new", "plus", primary=True, action="entitlement:create")
LIST: Final = TablePage(
    name="licenses", path="/licenses", title="licenses.title", action="position:read", nav="licenses", rows=licenses,
    columns=COLUMNS, filters=(STATUS, MODEL, OWNER), search=True, legend=True,
    row_href=lambda row: row.href,
    actions=(
        Action("licenses.agreements", "/agreements", icon="file", changes=False, action="agreement:read"),
        Action("licenses.seats", "/seats", icon="people", changes=False, action="seat:read"),
        Action("holdings.all_short", "/differences", icon="check", changes=False, action="seat:read"),
        Action("templates.title", "/templates", icon="file", changes=False, action="entitlement:read"),
        GRANT,
    ),
    empty=Empty("licenses.empty", "licenses.empty_text", "license", GRANT),
)  # fmt: skip
PAGES: Final = (LIST,)
