"""Policy by its tenant: a version with its examples and what it changes; drafted, published, gone back to."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from api.console.acting import actors_of, id_of
from api.console.declare import (
    Action,
    Context,
    Detail,
    DetailPage,
    Done,
    Facts,
    Field,
    FormPage,
    Ids,
    Link,
    Missing,
    Note,
    Opened,
    Outcome,
    Part,
    Preview,
    Query,
    Refused,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.parts import Panel
from api.console.phrases import spoken
from api.console.policies_said import (
    EXAMPLES,
    difference_parts,
    example_rows,
    failing_parts,
    lines_table,
    lines_text,
)
from api.console.templates_read import version_status
from api.console.values import Level
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from governance.rulebook.errors import BadPolicy
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import live_policy, policy
from governance.rulebook.rules import FOUR_EYES, PolicyKind, VersionState, shipped_content
from governance.rulebook.service import (
    DraftPolicy,
    PublishPolicy,
    RollbackPolicy,
    draft_policy,
    preview_policy,
    publish_policy,
    rollback_policy,
)

HERE: Final = "/settings/policies"
TEXT_MOST: Final = 100_000


async def _version(work: Work, asked: str) -> PolicyVersion:
    row = await policy(work, id_of(asked, "policy version"))
    if row.kind is PolicyKind.TEMPLATE:
        raise NotFound("policy version", asked)
    return row


def _called(ctx: Context, row: PolicyVersion) -> str:
    kind = ctx.text(f"settings.kind_{row.kind.value.lower()}")
    return ctx.text("policies.called", kind=kind, number=row.shown_number)


async def version(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One version: whether its examples hold, what it would change, its lines."""
    async with ctx.work() as work:
        row = await _version(work, ids["id"])
        facts = await _facts(ctx, work, row)
        parts = await _tried(ctx, work, row)
    here = f"{HERE}/{row.id}"
    roles = row.kind is PolicyKind.ROLES
    if roles:
        parts = (*parts, lines_table(ctx, row, shipped_content(row.kind)["lines"]))
    actions = (
        *((Action("policies.publish", f"{here}/publish", "check", primary=True, action="policy:publish"),)
          if row.state is VersionState.DRAFT else ()),
        *((Action("policies.roll_back", f"{here}/roll-back", "history", primary=True, action="policy:rollback"),)
          if row.state is VersionState.RETIRED else ()),
        *((Action("policies.draft_from", f"{HERE}/new?of={row.id}", "edit", action="policy:draft"),) if roles else ()),
    )  # fmt: skip
    return Detail(
        _called(ctx, row), ((ctx.text("settings.policies"), HERE),), parts=parts,
        side=(Panel(ctx.text("settings.version"), (facts,)),), actions=actions, provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _tried(ctx: Context, work: Work, row: PolicyVersion) -> tuple[Part, ...]:
    """A policy whose words are known no more is said to be so: the page still shows what it was."""
    try:
        seen = await preview_policy(work, row.id)
    except BadPolicy as bad:
        return (Note(spoken(ctx.locale, bad.message()), level=Level.HIGH),)
    changes = () if row.state is VersionState.LIVE else await difference_parts(ctx, work, seen)
    if row.kind is not PolicyKind.ROLES:
        return (*failing_parts(ctx, seen.failing), *changes)
    rows = example_rows(ctx, row, seen.failing)
    return (*((Table(ctx.text("policies.examples"), EXAMPLES, rows),) if rows else ()), *changes)


async def _facts(ctx: Context, work: Work, row: PolicyVersion) -> Facts:
    names = await actors_of(ctx, work, [each for each in (row.drafted_by, row.published_by) if each])
    unpublished = Missing(ctx.text("settings.not_published"))
    rows: list[tuple[str, Any]] = [
        (ctx.text("table.status"), version_status(ctx, row)),
        (ctx.text("templates.note"), row.note),
        (ctx.text("settings.drafted_by"), names[row.drafted_by]),
        (ctx.text("settings.published_by"), names[row.published_by] if row.published_by else unpublished),
        (ctx.text("settings.published_at"), row.published_at or unpublished),
    ]
    if row.kind is PolicyKind.ROLES:
        asks = bool(row.content.get(FOUR_EYES))
        rows.append((ctx.text("policies.four_eyes"), ctx.text("templates.yes" if asks else "templates.no")))
    if ctx.may("audit:read"):
        rows.append((ctx.text("nav.trail"), Link(ctx.text("settings.open"), f"/trail/policy_version/{row.id}")))
    return Facts(tuple(rows))


async def opens_draft(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A draft that begins with what another version says, else with what is in force."""
    of = query.raw.get("of", "")
    async with ctx.work() as work:
        row = await _version(work, of) if of else await live_policy(work, PolicyKind.ROLES)
    if row is not None and row.kind is not PolicyKind.ROLES:
        raise NotFound("policy version", of)
    content = shipped_content(PolicyKind.ROLES) if row is None else row.content
    initial = {
        "content": lines_text(content), "examples": "" if row is None else _as_toml(row.examples),
        "four_eyes": bool(content.get(FOUR_EYES)),
    }  # fmt: skip
    crumbs = ((ctx.text("settings.policies"), HERE),)
    return Opened(ctx.text("policies.draft"), initial, ctx.text("policies.draft_text"), crumbs, cancel=HERE)


async def draft(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Write the draft; a line that cannot be read is named by its number, with what would be right."""
    content: dict[str, Any] = {"lines": values["content"].replace("\r\n", "\n").split("\n")}
    if values["four_eyes"]:
        content[FOUR_EYES] = True
    command = DraftPolicy(PolicyKind.ROLES, content, _examples(values["examples"]), values["note"])
    row = await desk_of(ctx).perform(lambda work: draft_policy(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("policies.drafted"))


def _examples(text: str | None) -> list[dict[str, Any]]:
    right = 'a line in brackets and quotes, below it allow = ["seat:read unit inside"] and refuse = […]'
    try:
        tables = tomllib.loads((text or "").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as bad:
        raise BadInput("examples", str(bad), right) from None
    for line, table in tables.items():
        if not isinstance(table, dict):
            raise BadInput("examples", line, right)
    return [{"line": line, **table} for line, table in tables.items()]


def _as_toml(examples: list[Any]) -> str:
    def listed(one: Mapping[str, Any], outcome: str) -> str:
        return f"{outcome} = {json.dumps(one.get(outcome, []), ensure_ascii=False)}"

    return "\n\n".join(
        f"[{json.dumps(one['line'])}]\n{listed(one, 'allow')}\n{listed(one, 'refuse')}" for one in examples
    )


async def opens_publish(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why a draft is published. Raises NotFound for what is none."""
    return await _opened(ctx, ids["id"], VersionState.DRAFT, "policies.publish")


async def opens_roll_back(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Why one goes back. Raises NotFound for a version that was never in force, or is."""
    return await _opened(ctx, ids["id"], VersionState.RETIRED, "policies.roll_back")


async def _opened(ctx: Context, asked: str, state: VersionState, title: str) -> Opened:
    async with ctx.work() as work:
        row = await _version(work, asked)
    if row.state is not state:
        raise NotFound("policy version", asked)
    here, name = f"{HERE}/{row.id}", _called(ctx, row)
    crumbs = ((ctx.text("settings.policies"), HERE), (name, here))
    return Opened(ctx.text(title), {}, name, crumbs, cancel=here)


async def publish(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show who gains and who loses what; with the token of that, publish it."""
    if not token:
        return await _foreseen(ctx, ids["id"], "policies.publish")
    command = PublishPolicy(id_of(ids["id"], "policy version"), token, values["reason"])
    row = await desk_of(ctx).perform(lambda work: publish_policy(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("policies.published"))


async def roll_back(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what going back changes; with the token of that, go back: as a new version."""
    if not token:
        return await _foreseen(ctx, ids["id"], "policies.roll_back")
    command = RollbackPolicy(id_of(ids["id"], "policy version"), token, values["reason"])
    row = await desk_of(ctx).perform(lambda work: rollback_policy(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("policies.rolled_back"))


async def _foreseen(ctx: Context, asked: str, button: str) -> Outcome:
    """What would change; an example that fails ends it here, with nothing to confirm."""
    async with ctx.work() as work:
        row = await _version(work, asked)
        seen = await preview_policy(work, row.id)
        parts = await difference_parts(ctx, work, seen)
    if seen.failing:
        said = ctx.text("policies.must_hold", count=len(seen.failing))
        return Refused({"": said}, failing_parts(ctx, seen.failing))
    return Preview(parts, seen.token, ctx.text(button))


REASON: Final = (Field("reason", "supply.reason", longest=400),)
VERSION: Final = DetailPage(
    name="policy", path=f"{HERE}/{{id}}", gather=version, action="policy:read", nav="settings"
)  # fmt: skip
DRAFT: Final = FormPage(
    name="policy-draft", path=f"{HERE}/new", opens=opens_draft, submit=draft, button="policies.draft",
    action="policy:draft", nav="settings",
    fields=(
        Field("content", "policies.lines", "textarea", longest=TEXT_MOST, help="policies.lines_help"),
        Field("examples", "policies.examples", "textarea", required=False, longest=TEXT_MOST,
              help="policies.examples_help"),
        Field("four_eyes", "policies.four_eyes", "checkbox", required=False, help="policies.four_eyes_help"),
        Field("note", "templates.note", longest=400),
    ),
)  # fmt: skip
PUBLISH: Final = FormPage(
    name="policy-publish", path=f"{HERE}/{{id}}/publish", opens=opens_publish, submit=publish, button="form.preview",
    action="policy:publish", nav="settings", fields=REASON,
)  # fmt: skip
ROLL_BACK: Final = FormPage(
    name="policy-roll-back", path=f"{HERE}/{{id}}/roll-back", opens=opens_roll_back, submit=roll_back,
    button="form.preview", action="policy:rollback", nav="settings", fields=REASON,
)  # fmt: skip
PAGES: Final = (DRAFT, PUBLISH, ROLL_BACK, VERSION)
