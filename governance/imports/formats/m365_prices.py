"""A price list of SKUs: a row for each price of a SKU a month in one currency. What has no row has no price there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.imports.formats.columns import Column
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row, Value
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.money import Money, parse_money

COLUMNS = (
    Column("id", "the SKU's GUID, as the catalog has it", ("sku id", "guid"), required=True),
    Column("price", "for one seat and month, such as 4.00", ("monthly price",), required=True),
    Column("currency", "ISO 4217, such as EUR", required=True),
    Column("code", "short code of the SKU, for people to read", ("sku part number", "string id")),
    Column("name", "display name of the SKU, for people to read", ("product display name",)),
)
_PRICE = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)


@dataclass
class PriceRow:
    """A row as read: a SKU's price, or what is wrong with it."""

    number: int
    sku: str = ""
    price: Money | None = None
    issues: list[Issue] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        assert self.price is not None
        return self.sku, self.price.currency


def read_price(row: Row, headers: Mapping[str, str]) -> PriceRow:
    """Read one row; every problem of it is found at once."""
    read = PriceRow(row.number)
    for known in row.issues:
        if known.spoils:
            read.issues.append(Issue(row.number, known.column, IssueCode.ROW_DAMAGED, known.message))
    texts = {name: _text(row.values.get(headers[name])) for name in ("id", "price", "currency")}
    for name, text in texts.items():
        if not text:
            read.issues.append(Issue(row.number, headers[name], IssueCode.MISSING_VALUE, "The cell is empty."))
    read.sku = texts["id"].lower()
    if texts["price"] and not _PRICE.fullmatch(texts["price"]):
        said = f"{texts['price'][:40]!r} cannot be used; needs a price such as 4.00."
        read.issues.append(Issue(row.number, headers["price"], IssueCode.BAD_VALUE, said))
    try:
        currency = given.currency(texts["currency"]) if texts["currency"] else ""
    except BadInput as wrong:
        read.issues.append(Issue(row.number, headers["currency"], IssueCode.BAD_VALUE, wrong.message()))
    if not read.issues:
        read.price = parse_money(texts["price"], currency)
    return read


def _text(value: Value) -> str:
    return "" if value is None else str(value).strip()
