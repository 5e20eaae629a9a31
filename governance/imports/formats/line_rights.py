"""The table of rights beside seats: one row is what one line grants, on which clause, from when until when."""

from governance.entitlements.rules import RightKind
from governance.imports.formats.cells import day, line, whole, word
from governance.imports.formats.columns import Column

COLUMNS = (
    Column("license", "the code of a license that exists", required=True, example="cad-2024", read=line(120)),
    Column("line", "its line; blank is main", example="main", read=line(60)),
    Column("kind", "DOWNGRADE (older releases) or SECOND_USE (a second, portable device)", ("right",), required=True,
           example="DOWNGRADE", choices=tuple(RightKind), read=word(RightKind)),
    Column("levels", "how many releases a downgrade reaches back; blank is any", ("releases back",), example="1",
           read=whole),
    Column("first_day", "the first day, 2026-01-01 or a date cell", ("start",), required=True, example="2026-01-01",
           read=day),
    Column("last_day", "the last day, included; blank is without end", ("end",), example="2028-12-31", read=day),
    Column("clause", "the words it rests on", ("terms",), required=True, example="Section 7: the release before",
           read=line(1000)),
)  # fmt: skip
