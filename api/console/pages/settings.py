"""Settings: where the ways to keep the house stand, the lines that warn, the policies and their versions."""

from typing import Any, Final

from api.console import formats
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Query,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.paging import read_rows
from api.console.standing import names_of, person_of
from governance.directory.models import Tenant
from governance.kernel.page import Order
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import live_thresholds, visible_policies
from governance.rulebook.rules import PolicyKind, VersionState
from policies.thresholds.threshold import Thresholds

STATES: Final = {
    VersionState.LIVE: Level.OK, VersionState.DRAFT: Level.WARN, VersionState.RETIRED: Level.UNKNOWN,
}  # fmt: skip


async def settings(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The ways on, and what holds for the tenant."""
    async with ctx.work() as work:
        tenant = await work.session.get_one(Tenant, work.tenant_id)
        lines = await live_thresholds(work)
    ways = [
        ("settings.tokens", "/settings/tokens", "token:read"),
        ("regions.title", "/settings/regions", "entitlement:read"),
        ("nav.access_review", "/access-review", "access:read"),
        ("providers.title", "/settings/sign-in", "identity:read"),
        ("settings.policies", "/settings/policies", "policy:read"),
        ("imports.title", "/settings/imports", "import:run"),
        ("people.import", "/settings/imports/new", "person:import"),
        ("catalog.title", "/catalog", "catalog:read"),
        ("templates.title", "/templates", "entitlement:read"),
        ("boards.title", "/boards", "review:read"),
        ("reviews.title", "/reviews", "review:read"),
        ("people.title", "/people", "person:read"),
        ("my_licenses.title", "/my-licenses", "seat:accept"),
        ("own.title", "/my-sign-in", "seat:accept"),
    ]
    shown = tuple(
        (ctx.text(key), Link(ctx.text("settings.open"), href)) for key, href, action in ways if ctx.may(action)
    )
    facts: tuple[tuple[str, Any], ...] = (
        (ctx.text("settings.organization"), tenant.name),
        (ctx.text("agreements.zone"), tenant.zone),
        (ctx.text("agreements.currency"), tenant.currency),
        (ctx.text("settings.small_group"), tenant.small_group),
        (ctx.text("settings.stale_after"), ctx.text("settings.days", count=tenant.stale_after_days)),
    )
    return Detail(
        ctx.text("shell.settings"),
        parts=(
            Panel(ctx.text("settings.ways"), (Facts(shown),)),
            *((_lines(ctx, lines),) if ctx.may("policy:read") else ()),
        ),
        side=(Panel(ctx.text("settings.tenant"), (Facts(facts),)),),
        provenance=await provenance_of(ctx),
    )


def _lines(ctx: Context, lines: Thresholds) -> Panel:
    def percent(value: Any) -> str:
        return formats.percent(ctx.locale, value / 100)

    before = ", ".join(formats.number(ctx.locale, day) for day in lines.expiry.days_before)
    return Panel(
        ctx.text("settings.thresholds"),
        (
            Facts(
                (
                    (ctx.text("settings.warn"), percent(lines.use.warn)),
                    (ctx.text("settings.high"), percent(lines.use.high)),
                    (ctx.text("settings.critical"), percent(lines.use.critical)),
                    (ctx.text("settings.clear"), ctx.text("settings.points", count=int(lines.use.clear_below))),
                    (ctx.text("settings.expiry"), ctx.text("settings.days_before", days=before)),
                    (ctx.text("settings.suspect"), ctx.text("settings.days", count=lines.idle.suspect_days)),
                    (ctx.text("settings.candidate"), ctx.text("settings.days", count=lines.idle.candidate_days)),
                    (ctx.text("settings.reclaim"), ctx.text("settings.days", count=lines.idle.reclaim_days)),
                    (ctx.text("settings.grace"), ctx.text("settings.days", count=lines.idle.activation_grace_days)),
                )
            ),
        ),
        sub=ctx.text("settings.thresholds_text"),
    )


async def policies(ctx: Context, query: Query) -> Rows:
    """Every version of every policy, the newest first."""
    async with ctx.work() as work:
        order = (Order(PolicyVersion.drafted_at, True), Order(PolicyVersion.id, True))
        read = await read_rows(work, query, visible_policies(work), order)
        names = await names_of(
            work, [person_of(by) for row in read.page.rows for by in (row.drafted_by, row.published_by or "")]
        )
    rows = [_policy(ctx, row, names) for row in read.page.rows]
    return Rows(rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx))


def _policy(ctx: Context, row: PolicyVersion, names: dict[Any, str]) -> dict[str, Any]:
    def named(principal: str | None) -> Any:
        if principal is None:
            return Missing(ctx.text("settings.not_published"))
        return names.get(person_of(principal), principal)

    return {
        "kind": ctx.text(f"settings.kind_{row.kind.value.lower()}", **({"code": row.subject} if row.subject else {})),
        "number": row.shown_number, "note": row.note,
        "drafted_by": named(row.drafted_by), "published_by": named(row.published_by),
        "published_at": row.published_at or Missing(ctx.text("settings.not_published")),
        "href": f"/{'templates' if row.kind is PolicyKind.TEMPLATE else 'settings/policies'}/{row.id}",
        "status": Status(STATES[row.state], ctx.text(f"settings.state_{row.state.value.lower()}")),
    }  # fmt: skip


SETTINGS: Final = DetailPage(name="settings", path="/settings", gather=settings, action="settings:read", nav="settings")
DRAFT: Final = Action("policies.draft", "/settings/policies/new", "edit", primary=True, action="policy:draft")
POLICIES: Final = TablePage(
    name="policies", path="/settings/policies", title="settings.policies", action="policy:read", nav="settings",
    rows=policies,
    columns=(
        Column("kind", "settings.policy", sub=lambda row: row["note"], strong=True),
        Column("number", "settings.version", kind="number"),
        Column("drafted_by", "settings.drafted_by", leaves=2),
        Column("published_by", "settings.published_by", leaves=3),
        Column("published_at", "settings.published_at", kind="date", leaves=1),
        Column("status", "table.status", kind="status"),
    ),
    row_href=lambda row: row["href"], actions=(DRAFT,),
    empty=Empty("settings.shipped", "settings.shipped_text", "shield", DRAFT),
)  # fmt: skip
PAGES: Final = (SETTINGS, POLICIES)
