"""Templates at the terminal, done: what would be is shown with its token, and with the token it is."""

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from api.cli.carrying import carried_out
from api.cli.exits import Exit
from api.cli.filing import content_of
from api.cli.ground import answer, ground, run, stop
from api.cli.naming import called, unit_called
from governance.agreements.models import Agreement
from governance.entitlements.models import Entitlement
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import visible_templates
from governance.rulebook.rules import PolicyKind, VersionState
from governance.rulebook.service import DraftPolicy, PublishPolicy, draft_policy, preview_policy, publish_policy
from governance.templates.queries import held_to, instances_of
from governance.templates.rules import AT_ONCE, Doing, Standing
from governance.templates.service import (
    ApplyTemplate,
    MakeLicense,
    apply_template,
    compare,
    make_license,
    preview_apply,
    preview_make,
    request_apply,
)
from policies.templates import template as shape

SHIPPED = Path(shape.__file__).parent
AGAIN = "Nothing is changed yet. Within 15 minutes, once more with --token"


def listing(tenant: str | None, *, as_json: bool) -> None:
    """List the templates by code."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            rows = (await work.session.execute(visible_templates(work).order_by(PolicyVersion.number))).scalars().all()
            held = await held_to(work)
        live = {row.subject: row.shown_number for row in rows if row.state is VersionState.LIVE}
        newest = {row.subject: row for row in rows}
        return [
            {"template": code, "title": row.content.get("title", code), "live": live.get(code),
             "newest": row.shown_number, "licenses": held.get(code, 0)}
            for code, row in sorted(newest.items())
        ]  # fmt: skip

    rows = run(command)
    lines = [f"{row['template']:<24}{row['title']:<36}version {row['live'] or '–'}, {row['licenses']} licenses"
             for row in rows]  # fmt: skip
    answer({"templates": rows}, as_json=as_json, said="\n".join(lines) or "No templates yet.")


def show(name: str, out: Path | None) -> None:
    """Write a template that is shipped; a file that is there already is never written over."""
    there = {path.stem: path for path in SHIPPED.glob("*.toml")}
    if name not in there:
        stop(Exit.NOT_FOUND, f"There is no template {name}; there is {', '.join(sorted(there))}.")
    text = there[name].read_text("utf-8")
    if out is None:
        sys.stdout.write(text)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{out}: {error.strerror}.")


def publish(
    template: str, file: Path, note: str, token: str | None, tenant: str | None, *, as_json: bool
) -> None:  # fmt: skip
    """Draft what a file says unless the newest draft says so already; show what differs, or publish it."""
    content = document(file)

    async def command() -> tuple[int, Sequence[dict[str, Any]], str]:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                row = await _draft(work, template, content)
            if row is None:
                asked = DraftPolicy(PolicyKind.TEMPLATE, content, (), note, template)
                row = await on.office.perform(on.actor, lambda work: draft_policy(work, asked))
            async with on.office.reading(on.actor) as work:
                seen = await preview_policy(work, row.id)
            lines = [{"path": one.line, "before": one.before, "after": one.after} for one in seen.lines]
            if token:
                done = PublishPolicy(row.id, token, note)
                await on.office.perform(on.actor, lambda work: publish_policy(work, done))
            return row.shown_number, lines, seen.token

    number, lines, seal = run(command)
    told = {"template": template, "version": number, "changes": lines, "done": bool(token)}
    said = [f"{one['path']}: {one['before'] or '–'} → {one['after'] or '–'}" for one in lines]
    last = f"Version {number} of {template} is live." if token else f"{AGAIN} {seal}"
    answer(told if token else {**told, "token": seal}, as_json=as_json, said="\n".join([*said, last]))


async def _draft(work: Work, template: str, content: Mapping[str, Any]) -> PolicyVersion | None:
    query = visible_templates(work).where(
        PolicyVersion.subject == template, PolicyVersion.state == VersionState.DRAFT
    )  # fmt: skip
    rows = (await work.session.execute(query.order_by(PolicyVersion.number.desc()))).scalars().all()
    return next((row for row in rows if row.content == content), None)


def make(
    template: str, code: str, given: Mapping[str, str | None], overrides: Path | None, token: str | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Show, or make, a license of the live version."""
    said = {} if overrides is None else document(overrides)

    async def asked(work: Work) -> MakeLicense:
        agreement = given["agreement"] or ""
        first = given["first_day"]
        return MakeLicense(
            await _version(work, template, None),
            await called(work, Agreement, Agreement.number == agreement, "agreement", agreement), code,
            given["name"] or code, await unit_called(work, given["unit"] or ""),
            work.now().date() if first is None else _day(first), given["region"], overrides=said, token=token,
        )  # fmt: skip

    async def command() -> Any:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                wish = await asked(work)
                seen = None if token else await preview_make(work, wish)
            if seen is None:
                await on.office.perform(on.actor, lambda work: make_license(work, wish))
            return seen

    seen = run(command)
    if seen is None:
        answer({"license": code, "done": True}, as_json=as_json, said=f"{code} is made.")
        return
    creates = [{"kind": one.kind, "name": one.name, "values": dict(one.values)} for one in seen.creates]
    cannot = [{"path": one.path, "why": one.why.value, "remedy": one.remedy} for one in seen.cannot]
    lines = [
        f"{one['kind'].lower():<10}{one['name']}  {', '.join(f'{key} {value}' for key, value in one['values'].items())}"
        for one in creates
    ]
    lines += [f"cannot {one['path']}: {one['remedy']}" for one in cannot]
    told = {"license": code, "creates": creates, "cannot": cannot, "done": False, "token": seen.token}
    answer(told, as_json=as_json, said="\n".join([*lines, f"{AGAIN} {seen.token}"]))


def diff(template: str, tenant: str | None, *, as_json: bool) -> None:
    """List what differs of each license that is held to a template."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            await _version(work, template, None)
            rows = await compare(work, await instances_of(work, template))
            codes = await _codes(work, [one.instance.entitlement_id for one in rows])
        return [
            {"license": codes[one.instance.entitlement_id], "version": one.version.shown_number, "behind": one.behind,
             "differences": [{"path": each.path, "template": each.template, "has": each.has,
                              "standing": each.standing.value} for each in one.differences]}
            for one in rows
        ]  # fmt: skip

    rows = run(command)
    lines = []
    for row in rows:
        lines.append(f"{row['license']}: version {row['version']}{', behind' if row['behind'] else ''}")
        lines += [f"  {one['path']}: {one['template']} → {one['has']} ({one['standing'].lower()})"
                  for one in row["differences"]]  # fmt: skip
    answer({"licenses": rows}, as_json=as_json, said="\n".join(lines) or "No license is held to it.")
    drifted = any(one["standing"] == Standing.DRIFTED for row in rows for one in row["differences"])
    if drifted or any(row["behind"] for row in rows):
        raise SystemExit(int(Exit.FOUND))


def apply(
    template: str, licenses: Sequence[str] | None, version: int | None, token: str | None, tenant: str | None, *,
    restore: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show, or do, what a version changes of licenses."""

    async def command() -> dict[str, Any]:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                asked = await _asked(work, template, licenses, version, restore=restore)
                if not token:
                    return await _foreseen(work, asked)
            asked = replace(asked, token=token)
            if len(asked.instance_ids) > AT_ONCE:
                row = await on.office.perform(on.actor, lambda work: request_apply(work, asked))
                return {**await carried_out(on, row), "run": str(row.id), "done": True}
            await on.office.perform(on.actor, lambda work: apply_template(work, asked))
            return {"applied": len(asked.instance_ids), "done": True}

    told = run(command)
    answer(told, as_json=as_json, said="\n".join(_said(told)))


def _said(told: Mapping[str, Any]) -> list[str]:
    if told["done"]:
        return [f"Applied to {told['applied']} licenses."]
    lines = []
    for one in told["licenses"]:
        lines.append(f"{one['license']}{': ' + one['blocked'] if one['blocked'] else ''}")
        lines += [f"  {step['path']}: {step['now']} → {step['wants']} ({step['doing'].lower().replace('_', ' ')})"
                  f"{' ' + step['remedy'] if step['remedy'] else ''}" for step in one["steps"]]  # fmt: skip
        lines += [f"  {step['path']}: {step['over']} seats beyond the pool; nobody loses theirs"
                  for step in one["steps"] if step["over"]]  # fmt: skip
    return [*lines, f"{AGAIN} {told['token']}"]


async def _asked(
    work: Work, template: str, licenses: Sequence[str] | None, version: int | None, *, restore: bool
) -> ApplyTemplate:
    version_id = await _version(work, template, version)
    rows = await instances_of(work, template)
    codes = await _codes(work, [row.entitlement_id for row in rows])
    if licenses:
        if unknown := sorted(set(licenses) - set(codes.values())):
            raise NotFound(f"license of template {template}", ", ".join(unknown))
        rows = [row for row in rows if codes[row.entitlement_id] in licenses]
    else:
        rows = [row for row in rows if row.version_id != version_id]
    return ApplyTemplate(version_id, tuple(row.id for row in rows), restore)


async def _foreseen(work: Work, asked: ApplyTemplate) -> dict[str, Any]:
    seen = await preview_apply(work, asked)
    codes = await _codes(work, [one.instance.entitlement_id for one in seen.plans])
    licenses = [
        {"license": codes[one.instance.entitlement_id], "blocked": one.blocked, "holders": one.holders,
         "features_lost": list(one.lost), "changes": sum(step.doing is Doing.CHANGE for step in one.steps),
         "steps": [{"path": step.path, "now": step.now, "wants": step.wants, "doing": step.doing.value,
                    "over": step.over, "remedy": step.remedy} for step in one.steps]}
        for one in seen.plans
    ]  # fmt: skip
    return {"licenses": licenses, "done": False, "token": seen.token}


async def _codes(work: Work, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = [await work.session.get_one(Entitlement, (work.tenant_id, one)) for one in ids]
    return {row.id: row.code for row in rows}


async def _version(work: Work, template: str, number: int | None) -> UUID:
    """Give a version of a template: the live one without a number. Raises NotFound."""
    query = visible_templates(work).where(PolicyVersion.subject == template)
    query = (
        query.where(PolicyVersion.state == VersionState.LIVE) if number is None
        else query.where(PolicyVersion.edition == number)
    )  # fmt: skip
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("template", template if number is None else f"{template}, version {number}")
    return row.id


def document(file: Path) -> dict[str, Any]:
    """Read a TOML or JSON document; one that cannot be read ends the command and says the line."""
    text = content_of(file).decode("utf-8", "replace")
    try:
        read = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as bad:
        stop(Exit.BAD_INPUT, f"{file}: {bad}. It must be TOML, or JSON that begins with {{.")
    return dict(read)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("first_day", text, "a day such as 2026-10-01") from None
