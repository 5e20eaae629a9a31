"""Assignment rules: which there are, whom each serves and how, what a change would mean, and the forms for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Facts,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Opened,
    Option,
    Outcome,
    Panel,
    Preview,
    Query,
    Rows,
    Status,
    Table,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.rule_fields import (
    WHAT,
    WHO,
    command_of,
    initial_of,
    product_options,
    spoken,
)
from api.console.standing import names_of
from governance.assignment_rules import queries
from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember
from governance.assignment_rules.rules import UNSERVED, MemberState
from governance.assignment_rules.service import (
    ApplyRule,
    EndRule,
    RulePreview,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
)
from governance.assignment_rules.service.checking import REASON_MOST
from governance.catalog.models import Product
from governance.kernel.page import Order

HERE: Final = "/assignment-rules"
SHOWN: Final = 200
LEVELS: Final = {
    MemberState.SEATED: Level.OK, MemberState.BY_HAND: Level.OK, MemberState.COVERED: Level.OK,
    MemberState.WAITING: Level.WARN, MemberState.REFUSED: Level.HIGH, MemberState.HELD_OFF: Level.UNKNOWN,
    MemberState.LEAVING: Level.WARN,
}  # fmt: skip


async def listed(ctx: Context, query: Query) -> Rows:
    """The rules by code, with how many they serve and how many they could not."""
    async with ctx.work() as work:
        order = (Order(AssignmentRule.code, query.descending), Order(AssignmentRule.id, query.descending))
        read = await read_rows(work, query, queries.visible_rules(work), order)
        ids = [row.id for row in read.page.rows]
        counts = await queries.counts_of(work, ids) if ids else {}
        products = {row.product_id: await work.session.get(Product, (work.tenant_id, row.product_id))
                    for row in read.page.rows}  # fmt: skip
    rows = []
    for row in read.page.rows:
        found, product = counts[row.id], products[row.product_id]
        open_ = sum(found.get(each, 0) for each in UNSERVED)
        word = "ended" if row.ended_at else "unserved" if open_ else "serves"
        level = Level.UNKNOWN if row.ended_at else Level.WARN if open_ else Level.OK
        rows.append({
            "name": Link(row.name, f"{HERE}/{row.id}"), "code": row.code, "product": product.name if product else "–",
            "people": sum(found.values()), "unserved": open_, "status": Status(level, ctx.text(f"rules.{word}")),
        })  # fmt: skip
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("rules.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One rule: what it says, and everybody under it, first those who are not served."""
    async with ctx.work() as work:
        row = await queries.rule(work, id_of(ids["id"], "assignment rule"))
        version = await queries.version_of(work, row.id)
        chosen = queries.visible_members(work).where(AssignmentRuleMember.rule_id == row.id, queries.OPEN)
        newest = chosen.order_by(AssignmentRuleMember.changed_at.desc(), AssignmentRuleMember.id.desc()).limit(SHOWN)
        members = sorted(
            (await work.session.execute(newest)).scalars(), key=lambda each: (each.state not in UNSERVED, each.state)
        )
        names = await names_of(work, [each.person_id for each in members])
        facts = await spoken(ctx, work, version)
    here, crumbs = f"{HERE}/{row.id}", ((ctx.text("rules.title"), HERE),)
    actions = (
        Action("rules.change", f"{here}/change", "edit", primary=True, action="seat:assign"),
        Action("rules.end", f"{here}/end", "x", action="seat:assign"),
    )
    return Detail(
        row.name, crumbs,
        parts=(_members(ctx, members, names),),
        side=(Panel(ctx.text("rules.says", number=version.number), (Facts(facts),)),),
        actions=() if row.ended_at or ctx.past else actions, provenance=await provenance_of(ctx),
    )  # fmt: skip


def _members(ctx: Context, members: Sequence[AssignmentRuleMember], names: Mapping[UUID, str]) -> Panel:
    rows = [
        {
            "who": Link(names.get(each.person_id, "–"), f"/people/{each.person_id}"), "since": each.since,
            "status": Status(LEVELS[each.state], ctx.text(f"rules.state_{each.state.value.lower()}")),
            "why": _why(ctx, each.reasons), "seat": Link(ctx.text("rules.seat"), f"/seats/{each.assignment_id}")
            if each.assignment_id else None,
        }
        for each in members
    ]  # fmt: skip
    columns = (
        Column("who", "seat.person", kind="link", strong=True),
        Column("status", "table.status", kind="status"),
        Column("why", "holdings.why", quiet=True),
        Column("seat", "rules.seat", kind="link", leaves=2),
        Column("since", "access.since", kind="date", leaves=1),
    )
    title, empty = ctx.text("rules.members"), Empty(ctx.text("rules.nobody"), ctx.text("rules.nobody_text"), "people")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


def _why(ctx: Context, reasons: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(ctx.text("rules.has_needs", has=each["has"], needs=each["needs"]) for each in reasons[:2])


async def opens_new(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form of a new rule."""
    crumbs = ((ctx.text("rules.title"), HERE),)
    return Opened(ctx.text("rules.new"), initial_of(None, ()), ctx.text("rules.new_text"), crumbs, cancel=HERE)


async def opens_change(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form of a rule's next version, filled with what it says now; one that ended has none."""
    async with ctx.work() as work:
        row = await queries.rule(work, id_of(ids["id"], "assignment rule"))
        version = await queries.version_of(work, row.id)
        initial = initial_of(version, await queries.exceptions_of(work, version.id))
    if row.ended_at is not None:
        return None
    return _opened(ctx, row, "rules.change_title", initial)


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that ends a rule; one that ended has none."""
    async with ctx.work() as work:
        row = await queries.rule(work, id_of(ids["id"], "assignment rule"))
    return None if row.ended_at is not None else _opened(ctx, row, "rules.end_title", {"keep": "no"})


def _opened(ctx: Context, row: AssignmentRule, title: str, initial: Mapping[str, Any]) -> Opened:
    here = f"{HERE}/{row.id}"
    crumbs = ((ctx.text("rules.title"), HERE), (row.name, here))
    return Opened(ctx.text(title, name=row.name), dict(initial), ctx.text("rules.change_text"), crumbs, cancel=here)


async def define(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the new rule would do; with the token of that, apply it."""
    new = {"code": values["code"], "name": values["name"], "product_id": id_of(values["product"], "product")}
    return await _apply(ctx, command_of(values, **new), token)


async def change(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the next version would do; with the token of that, apply it."""
    rule_id = id_of(ids["id"], "assignment rule")
    async with ctx.work() as work:
        now = await queries.version_of(work, rule_id)
        left_out = await queries.exceptions_of(work, now.id)
    line_id = None if values["pool"] else now.line_id  # neither is asked here: what a rule says of them goes on
    return await _apply(ctx, command_of(values, rule_id=rule_id, except_people=left_out, line_id=line_id), token)


async def _apply(ctx: Context, command: ApplyRule, token: str) -> Outcome:
    desk = desk_of(ctx)
    if not token:
        shown = await preview_rule(desk.desk, desk.actor, command, desk.request_id)
        return await _preview(ctx, shown, "rules.apply_button")
    row = await apply_rule(desk.desk, desk.actor, replace(command, token=token), desk.request_id)
    return Done(f"{HERE}/{row.id}", ctx.text("rules.applied", name=row.name))


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show who would lose a seat; with the token of that, end the rule."""
    desk, keep = desk_of(ctx), values["keep"] == "yes"
    command = EndRule(id_of(ids["id"], "assignment rule"), values["reason"], keep, token or None)
    if not token:
        shown = await preview_end(desk.desk, desk.actor, command, desk.request_id)
        return await _preview(ctx, shown, "rules.end_button")
    row = await end_rule(desk.desk, desk.actor, command, desk.request_id)
    return Done(HERE, ctx.text("rules.ended_said", name=row.name))


async def _preview(ctx: Context, shown: RulePreview, button: str) -> Preview:
    async with ctx.work() as work:
        names = await names_of(work, [each.person_id for each in shown.effects[:SHOWN]])
    rows = [
        {"who": names.get(each.person_id, "–"), "effect": ctx.text(f"rules.effect_{each.effect.value.lower()}"),
         "why": "; ".join(ctx.text("rules.has_needs", has=why.has, needs=why.needs) for why in each.reasons[:2])}
        for each in shown.effects[:SHOWN]
    ]  # fmt: skip
    columns = (
        Column("who", "seat.person", strong=True), Column("effect", "rules.effect"),
        Column("why", "holdings.why", leaves=1, quiet=True),
    )  # fmt: skip
    said = " · ".join(
        f"{ctx.text(f'rules.effect_{effect.value.lower()}')} {formats.number(ctx.locale, count)}"
        for effect, count in shown.counts.items()
    )
    empty = Empty(ctx.text("rules.no_effect"), icon="check")
    table = Table(said or ctx.text("rules.no_effect"), columns, rows, bare=True, empty=empty)
    cost = tuple(
        (ctx.text("rules.cost", currency=each.currency),
         ctx.text("rules.cost_said", gained=f"{each.gained / 1_000_000:.2f}", freed=f"{each.freed / 1_000_000:.2f}"))
        for each in shown.costs
    )  # fmt: skip
    money = (Facts(cost),) if cost and ctx.may("agreement:read") else ()
    return Preview((table, *money), shown.token, ctx.text(button))


REASON: Final = Field("reason", "rules.reason", "textarea", longest=REASON_MOST)
LIST: Final = TablePage(
    name="assignment-rules", path=HERE, title="rules.title", action="group:read", nav="queue", rows=listed,
    columns=(
        Column("name", "rules.name", kind="link", strong=True),
        Column("code", "rules.code", leaves=4, quiet=True),
        Column("product", "rules.product", leaves=2),
        Column("people", "rules.members", kind="number", leaves=1),
        Column("unserved", "rules.unserved_count", kind="number", leaves=3),
        Column("status", "table.status", kind="status"),
    ),
    actions=(Action("rules.new", f"{HERE}/new", "plus", primary=True, action="seat:assign"),),
    empty=Empty("rules.empty", "rules.empty_text", "people"),
)  # fmt: skip
ONE: Final = DetailPage(
    name="assignment-rule", path=f"{HERE}/{{id}}", gather=show, action="group:read", nav="queue"
)  # fmt: skip
NEW: Final = FormPage(
    name="assignment-rule-new", path=f"{HERE}/new", opens=opens_new, submit=define, button="form.preview",
    action="seat:assign", nav="queue",
    fields=(
        Field("name", "rules.name", longest=200),
        Field("code", "rules.code", longest=80, help="rules.code_help"),
        Field("product", "rules.product", "select", options=product_options),
        *WHO, *WHAT, REASON,
    ),
)  # fmt: skip
CHANGE: Final = FormPage(
    name="assignment-rule-change", path=f"{HERE}/{{id}}/change", opens=opens_change, submit=change,
    button="form.preview", action="seat:assign", nav="queue", fields=(*WHO, *WHAT, REASON),
)  # fmt: skip
KEEP: Final = (Option("no", "rules.keep_no"), Option("yes", "rules.keep_yes"))
END: Final = FormPage(
    name="assignment-rule-end", path=f"{HERE}/{{id}}/end", opens=opens_end, submit=end, button="form.preview",
    action="seat:assign", nav="queue", fields=(Field("keep", "rules.keep", "select", options=KEEP), REASON),
)  # fmt: skip
PAGES: Final = (LIST, NEW, ONE, CHANGE, END)
