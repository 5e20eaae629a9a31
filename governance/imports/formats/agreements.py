"""The table of agreements: one row is one contract, known by its number."""

from governance.agreements.rules import Payment, Side
from governance.imports.formats.cells import day, line, whole, word, yes
from governance.imports.formats.columns import Column

COLUMNS = (
    Column("number", "the agreement's number, the natural key", ("agreement", "agreement number", "contract number"),
           required=True, example="EA-2026-001", read=line(120)),
    Column("title", "what it is called", ("name",), required=True, example="Office suite 2026-2028", read=line(200)),
    Column("side", "PROCURED (we are the licensee) or PROVIDED; blank is PROCURED", example="PROCURED",
           choices=tuple(Side), read=word(Side)),
    Column("vendor", "a vendor of the catalog by name", ("manufacturer", "supplier", "licensor"), required=True,
           example="Northwind Software", read=line(200)),
    Column("unit", "code or path of an org unit that exists", ("org unit", "department", "cost center"),
           required=True, example="halden", read=line(400)),
    Column("owner", "mail address of the owner; blank is nobody", ("owner mail", "owner email"),
           example="ada@halden.example", read=line(254)),
    Column("deputy", "mail address of the deputy; blank is nobody", ("deputy mail", "deputy email"),
           example="ben@halden.example", read=line(254)),
    Column("region", "a region such as 001, 150, DE or DE-BY; blank is the world", example="001", read=line(10)),
    Column("currency", "a currency of ISO 4217", required=True, example="EUR", read=line(3)),
    Column("zone", "the IANA zone in which its days are meant", ("time zone", "timezone"), required=True,
           example="Europe/Zurich", read=line(60)),
    Column("first_day", "the first day, 2026-01-01 or a date cell", ("start", "start date"), required=True,
           example="2026-01-01", read=day),
    Column("last_day", "the last day, included; blank is open-ended", ("end", "end date", "expiration date"),
           example="2028-12-31", read=day),
    Column("auto_renews", "yes or no; blank is no", ("auto renewal",), example="yes", choices=("yes", "no"), read=yes),
    Column("notice_days", "days before its end by which notice must be given; blank is none", ("notice period",),
           example="90", read=whole),
    Column("uplift_cap", "by how many percent a renewal may be dearer a seat and year at most; blank is no cap",
           ("price cap", "renewal cap"), example="5", read=line(12)),
    Column("payment", "PAID, DUE or OVERDUE; blank is DUE", ("payment status",), example="PAID",
           choices=tuple(Payment), read=word(Payment)),
)  # fmt: skip
