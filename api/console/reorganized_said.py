"""What a move, a merge or a split would do, as its preview shows it: what goes, who gains and loses, other lines."""

from typing import Final

from api.console.access_said import role_words
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Empty, Facts, Heading, Note, Part, Table
from api.console.values import Level, Status
from governance.reorganization.rules import Effect, Kind, Verb
from governance.reorganization.service import Plan

SHOWN: Final = 12


def plan_parts(ctx: Context, plan: Plan) -> tuple[Part, ...]:
    """Counts by kind, what goes by name, who gains and who loses what, and pools that other lines watch then."""
    counts = Facts(
        tuple((ctx.text(f"units.things_{kind.value.lower()}"), str(plan.counts[kind])) for kind in Kind
              if plan.counts.get(kind))
    )  # fmt: skip
    parts: list[Part] = [Heading(ctx.text("units.along"))]
    parts.append(counts if plan.counts else Note(ctx.text("units.nothing_along")))
    parts += [Heading(ctx.text("units.access")), _access(ctx, plan)]
    if plan.verb is not Verb.MOVE:
        parts.append(Note(_roles(ctx, plan)))
    if plan.lines:
        parts += [Heading(ctx.text("units.lines")), _lines(ctx, plan)]
    if plan.verb is not Verb.MOVE:
        parts += [Heading(ctx.text("units.goes", most=SHOWN)), _goes(ctx, plan)]
    return tuple(parts)


def _goes(ctx: Context, plan: Plan) -> Table:
    rows = [
        {"kind": ctx.text(f"units.thing_{one.kind.value.lower()}"), "name": one.name or ctx.text("units.unseen")}
        for one in sorted(plan.goes, key=lambda one: one.kind is Kind.PERSON)[:SHOWN]
    ]
    columns = (Column("kind", "units.what", quiet=True), Column("name", "units.name", strong=True))
    return Table(ctx.text("units.goes", most=SHOWN), columns, rows)


def _roles(ctx: Context, plan: Plan) -> str:
    if plan.verb is Verb.MERGE:
        return ctx.text("units.roles_merge", held=len(plan.roles), kept=len(plan.kept))
    return ctx.text("units.roles_split", kept=len(plan.kept))


def _access(ctx: Context, plan: Plan) -> Table:
    rows = [
        {
            "who": plan.names.get(one.principal) or ctx.text("units.unseen"), "role": role_words(ctx, one.role),
            "effect": Status(
                Level.WARN if one.effect is Effect.LOSES else Level.OK, ctx.text(f"units.{one.effect.value.lower()}")
            ),
            "over": ctx.text(f"units.over_{one.over.value.lower()}"),
        }
        for one in plan.access
    ]  # fmt: skip
    columns = (
        Column("who", "access.who", strong=True),
        Column("effect", "units.access", kind="status"),
        Column("role", "access.role"),
        Column("over", "units.over", leaves=3, quiet=True),
    )
    return Table(ctx.text("units.access"), columns, rows, empty=Empty(ctx.text("units.nobody_changes"), icon="key"))


def _lines(ctx: Context, plan: Plan) -> Table:
    rows = [
        {"pool": one.pool,
         "before": " / ".join(f"{each} %" for each in (one.before.warn, one.before.high, one.before.critical)),
         "after": " / ".join(f"{each} %" for each in (one.after.warn, one.after.high, one.after.critical))}
        for one in plan.lines
    ]  # fmt: skip
    columns = (
        Column("pool", "license.pool", strong=True),
        Column("before", "supply.before", leaves=3, quiet=True),
        Column("after", "supply.after"),
    )
    return Table(ctx.text("units.lines"), columns, rows)
