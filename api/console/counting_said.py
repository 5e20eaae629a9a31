"""How a line counts, as a form asks it and a preview shows it: both ways side by side, and the devices it is about."""

from typing import Final

from api.console import formats
from api.console.context import Context
from api.console.controls import Column, Option
from api.console.forms import Field
from api.console.parts import Panel, Part, Table
from api.console.values import Balance
from governance.entitlements.rules import OwnDevice, Resets, VmCores
from governance.seats.service.counting import Counted, Recount

COUNTING_FIELDS: Final = (
    Field("measure", "counting.measure", required=False, longest=40, help="counting.measure_help"),
    Field("resets", "counting.resets", "select", help="counting.resets_help",
          options=tuple(Option(each.value, f"counting.resets_{each.value.lower()}") for each in Resets)),
    Field("own_device", "counting.own_device", "select", help="counting.own_device_help",
          options=tuple(Option(each.value, f"counting.own_device_{each.value.lower()}") for each in OwnDevice)),
    Field("least_cores", "counting.least_cores", "number", required=False, minimum=0, maximum=1024,
          help="counting.least_cores_help"),
    Field("vm_cores", "counting.vm_cores", "select", help="counting.least_cores_help",
          options=tuple(Option(each.value, f"counting.vm_cores_{each.value.lower()}") for each in VmCores)),
)  # fmt: skip


def recount_parts(ctx: Context, told: Recount) -> tuple[Part, ...]:
    """What the line has and what is taken of it, now and then; and the devices that take otherwise."""
    sides = ((ctx.text("lines.before"), told.before), (ctx.text("lines.after"), told.after))
    both = Table(
        ctx.text("counting.title"),
        (
            Column("when", "counting.when", strong=True, value=lambda row: row[0], sub=lambda row: _unit(ctx, row[1])),
            Column("has", "lines.has", kind="number", value=lambda row: _number(ctx, row[1].position.entitled)),
            Column("taken", "lines.taken", kind="number", value=lambda row: "–"
                   if row[1].position.taken is None else row[1].position.taken),
            Column("balance", "licenses.balance", kind="balance", value=lambda row: Balance(row[1].position.balance)),
        ),
        sides, bare=True, ident="recount",
    )  # fmt: skip
    parts: list[Part] = [both]
    if told.devices:
        parts.append(Table(
            ctx.text("counting.devices"),
            (
                Column("code", "devices.code", kind="code"),
                Column("before", "lines.before", kind="number"),
                Column("after", "lines.after", kind="number"),
            ),
            told.devices, bare=True, ident="recounted",
        ))  # fmt: skip
    text = ctx.text("counting.devices_text") if told.devices else ""
    return (Panel(ctx.text("counting.title"), tuple(parts), sub=text),)


def _unit(ctx: Context, side: Counted) -> str:
    since = "" if side.since is None else ctx.text("counting.since", day=formats.day(ctx.locale, side.since))
    return " ".join(filter(None, (side.measure or "", since)))


def _number(ctx: Context, value: int | None) -> int | str:
    return ctx.text("seats.no_limit") if value is None else value
