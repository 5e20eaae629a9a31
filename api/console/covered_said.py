"""Which seats of a license other rights of their holders carry, by whose lots, and what is needed of it then."""

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Panel, Part, Table
from governance.metrics.measures import Measures


def covered_parts(ctx: Context, seats: Measures) -> tuple[Part, ...]:
    """The rights that carry seats of this license, each with its lots; no part where none does."""
    if not seats.covered_by:
        return ()
    title = ctx.text("license.covered")
    table = Table(
        title,
        (
            Column("right", "license.covering", strong=True, sub=lambda row: row.license),
            Column("lots", "license.covering_lots", value=lambda row: ", ".join(row.lots) or "–", leaves=2),
            Column("seats", "seats.occupied", kind="number"),
        ),
        seats.covered_by, bare=True, ident="covered", totals={"seats": seats.covered},
    )  # fmt: skip
    balance = formats.balance(ctx.locale, seats.matched)
    said = ctx.text("license.covered_text", occupied=seats.occupied, needed=seats.needed, balance=balance)
    return (Panel(title, (table,), sub=said),)
