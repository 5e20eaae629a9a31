"""The columns of every list of licenses; the order in which they leave is the design's."""

from typing import Final

from api.console.controls import Column

COLUMNS: Final = (
    Column("name", "licenses.license", href=lambda row: row.href, sub=lambda row: row.kind, sort="name", strong=True),
    Column("owner", "licenses.owner", href=lambda row: row.owner_href, sort="owner", leaves=1),
    Column("bar", "licenses.position", kind="seatbar"),
    Column("occupied", "seats.occupied", kind="number", value=lambda row: row.taken, sort="occupied",
           leaves=2),
    Column("purchased", "seats.purchased", kind="number", value=lambda row: row.bought, sort="purchased",
           leaves=2, quiet=True),
    Column("balance", "licenses.balance", kind="balance", sort="balance"),
    Column("status", "table.status", kind="status", sort="status", leaves=3),
)  # fmt: skip
