"""Versions of templates: drafted, published after a look at what differs, applied to licenses; differences kept."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.context import Context, Query
from api.console.controls import Column, Option
from api.console.desk import desk_of
from api.console.forms import Done, Field, FormPage, Ids, Opened, Outcome, Preview
from api.console.parts import Note, Table
from api.console.templates_read import HERE, names_of, plan_parts, typed
from api.console.values import Level
from governance.kernel.errors import BadInput, NotFound
from governance.rulebook.queries import policy
from governance.rulebook.rules import PolicyKind, VersionState
from governance.rulebook.service import DraftPolicy, PublishPolicy, draft_policy, preview_policy, publish_policy
from governance.templates.queries import instance, instances_of, template_version
from governance.templates.rules import AT_ONCE, Standing
from governance.templates.service import (
    ApplyTemplate,
    OverrideTemplate,
    apply_template,
    compare,
    override_template,
    preview_apply,
    request_apply,
)
from policies.templates.merging import flat

CONTENT_MOST: Final = 100_000


async def opens_draft(ctx: Context, ids: Ids, query: Query) -> Opened:
    """An empty draft, or one that begins with what another version says."""
    of = query.raw.get("of", "")
    initial: dict[str, Any] = {"content": BEGINNING}
    if of:
        async with ctx.work() as work:
            row = await template_version(work, id_of(of, "template version"))
        initial = {"code": row.subject, "content": as_toml(row.content)}
    crumbs = ((ctx.text("templates.title"), HERE),)
    return Opened(ctx.text("templates.draft"), initial, ctx.text("templates.draft_text"), crumbs, cancel=HERE)


async def draft(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Write the draft; what is wrong with it is named, path by path."""
    content = typed(values["content"], "content")
    command = DraftPolicy(PolicyKind.TEMPLATE, content, (), values["note"], values["code"])
    row = await desk_of(ctx).perform(lambda work: draft_policy(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("templates.drafted"))


async def opens_publish(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why a draft is published. Raises NotFound for what is none."""
    async with ctx.work() as work:
        row = await template_version(work, id_of(ids["id"], "template version"))
    if row.state is not VersionState.DRAFT:
        raise NotFound("template version", ids["id"])
    return _opened(ctx, "templates.publish", row.id, str(row.content.get("title", row.subject)))


def _opened(ctx: Context, title: str, version_id: UUID, about: str, **initial: Any) -> Opened:
    here = f"{HERE}/{version_id}"
    crumbs = ((ctx.text("templates.title"), HERE), (about, here))
    return Opened(ctx.text(title), initial, about, crumbs, cancel=here)


async def publish(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what differs from the live version; with the token of that, publish it."""
    version_id, desk = id_of(ids["id"], "template version"), desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            await policy(work, version_id)
            seen = await preview_policy(work, version_id)
        rows = [{"line": one.line, "before": one.before or "–", "after": one.after or "–"} for one in seen.lines]
        parts = [Note(one, level=Level.HIGH) for one in seen.failing]
        return Preview(
            (*parts, Table(ctx.text("templates.changed"), CHANGED, rows)), seen.token, ctx.text("templates.publish")
        )  # fmt: skip
    command = PublishPolicy(version_id, token, values["reason"])
    await desk.perform(lambda work: publish_policy(work, command))
    return Done(f"{HERE}/{version_id}", ctx.text("templates.published_now"))


async def held_options(ctx: Context) -> tuple[Option, ...]:
    """The licenses that are held to the template of the address, by name."""
    async with ctx.work() as work:
        row = await template_version(work, id_of(ctx.path.split("/")[2], "template version"))
        rows = await instances_of(work, row.subject)
        names = await names_of(work, rows)
    found = [Option(str(each.id), text=names[each.entitlement_id]) for each in rows]
    return tuple(sorted(found, key=lambda each: each.text.casefold()))


async def opens_apply(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A version for those licenses that it is new for, or for the one that the address names."""
    async with ctx.work() as work:
        row = await template_version(work, id_of(ids["id"], "template version"))
        rows = await instances_of(work, row.subject)
    if row.state is VersionState.DRAFT:
        raise NotFound("template version", ids["id"])
    named = query.raw.get("held", "")
    chosen = (named,) if named else tuple(str(each.id) for each in rows if each.version_id != row.id)
    return _opened(ctx, "templates.apply", row.id, str(row.content.get("title", row.subject)), held=chosen)


async def apply(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what changes where; with the token of that, change it: at once, or as a run where licenses are many."""
    version_id, desk = id_of(ids["id"], "template version"), desk_of(ctx)
    chosen = tuple(id_of(each, "license") for each in values["held"])
    command = ApplyTemplate(version_id, chosen, bool(values["restore"]), token or None)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_apply(work, command)
            names = await names_of(work, [plan.instance for plan in seen.plans])
        return Preview(
            plan_parts(ctx, seen.plans, names), seen.token, ctx.text("templates.apply_to", count=len(seen.plans))
        )  # fmt: skip
    if len(chosen) > AT_ONCE:
        run = await desk.perform(lambda work: request_apply(work, command))
        return Done(f"/runs/{run.id}", ctx.text("templates.asked"))
    await desk.perform(lambda work: apply_template(work, command))
    return Done(f"{HERE}/{version_id}", ctx.text("templates.applied", count=len(chosen)))


async def path_options(ctx: Context) -> tuple[Option, ...]:
    """What may be kept or given up: paths that differ by hand, and overrides."""
    async with ctx.work() as work:
        row = await instance(work, id_of(ctx.path.split("/")[3], "license made from a template"))
        (found,) = await compare(work, [row])
    kept = [
        Option(f"keep:{one.path}", text=ctx.text("templates.keep_path", path=one.path))
        for one in found.differences if one.standing is Standing.DRIFTED and one.has is not None and "." in one.path
    ]  # fmt: skip
    dropped = [Option(f"drop:{path}", text=ctx.text("templates.drop_path", path=path)) for path in flat(row.overrides)]
    return (*kept, *sorted(dropped, key=lambda each: each.value))


async def opens_keep(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Which differences are meant."""
    async with ctx.work() as work:
        row = await instance(work, id_of(ids["id"], "license made from a template"))
        name = (await names_of(work, [row]))[row.entitlement_id]
    here = f"{HERE}/held/{row.id}"
    crumbs = ((ctx.text("templates.title"), HERE), (name, here))
    return Opened(
        ctx.text("templates.keep"), {"version": str(row.version)}, ctx.text("templates.keep_text"), crumbs, cancel=here
    )  # fmt: skip


async def keep(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep them on purpose, or give overrides up; nothing of the license changes."""
    named = [each.partition(":") for each in values["paths"]]
    said = str(values["version"])
    if not said.isascii() or not said.isdigit():
        raise BadInput("version", said, "the version that was shown")
    command = OverrideTemplate(
        id_of(ids["id"], "license made from a template"), int(said),
        tuple(path for what, _, path in named if what == "keep"),
        tuple(path for what, _, path in named if what == "drop"),
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: override_template(work, command))
    return Done(f"{HERE}/held/{command.instance_id}", ctx.text("templates.kept"))


def as_toml(content: Mapping[str, Any]) -> str:
    """A template as it can be typed again: a line a value, by its path."""
    return "\n".join(f"{path} = {_value(value)}" for path, value in sorted(flat(content).items()))


def _value(value: Any) -> str:
    """A value in TOML: what JSON says of texts, numbers, lists and truths is the same there."""
    return json.dumps(value, ensure_ascii=False)


BEGINNING: Final = """title = "Seats by the year"
product = "its code in the catalog"

[lines.named]
model = "NAMED_USER"
term = "SUBSCRIPTION"

[lines.named.supply]
quantity = 50
months = 12
currency = "USD"

[pools.everyone]
percent = 90
"""
CHANGED: Final = (
    Column("line", "templates.path", strong=True),
    Column("before", "templates.before"),
    Column("after", "templates.after"),
)
DRAFT: Final = FormPage(
    name="template-draft", path=f"{HERE}/new", opens=opens_draft, submit=draft, button="templates.draft",
    action="policy:draft", nav="licenses",
    fields=(
        Field("code", "templates.code", longest=60, help="templates.code_help"),
        Field("content", "templates.content", "textarea", longest=CONTENT_MOST, help="templates.content_help"),
        Field("note", "templates.note", longest=400),
    ),
)  # fmt: skip
PUBLISH: Final = FormPage(
    name="template-publish", path=f"{HERE}/{{id}}/publish", opens=opens_publish, submit=publish, button="form.preview",
    action="policy:publish", nav="licenses", fields=(Field("reason", "supply.reason", longest=400),),
)  # fmt: skip
APPLY: Final = FormPage(
    name="template-apply", path=f"{HERE}/{{id}}/apply", opens=opens_apply, submit=apply, button="form.preview",
    action="entitlement:correct", nav="licenses",
    fields=(
        Field("held", "templates.licenses", "select", options=held_options, multiple=True),
        Field("restore", "templates.restore", "checkbox", required=False, help="templates.restore_help"),
    ),
)  # fmt: skip
KEEP: Final = FormPage(
    name="template-keep", path=f"{HERE}/held/{{id}}/keep", opens=opens_keep, submit=keep, button="templates.keep",
    action="entitlement:correct", nav="licenses",
    fields=(
        Field("paths", "templates.path", "select", options=path_options, multiple=True),
        Field("version", "findings.version", "hidden", longest=10),
    ),
)  # fmt: skip
PAGES: Final = (DRAFT, PUBLISH, APPLY, KEEP)
