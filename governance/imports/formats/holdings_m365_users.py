"""Microsoft 365's own tables of users with their licenses: a row a user, products joined by a plus sign.

Two tables have this shape: the admin center's export of active users (`User principal name`, `Licenses`) and usage
reports by user (`User Principal Name`, `Assigned Products`, `Last Activity Date`, `Report Refresh Date`). Names of
products are those of the catalog's tiers, capitals aside. A tenant that conceals names exports hashes: nobody is found.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from governance.imports.formats.columns import Column
from governance.imports.formats.holdings import Held, Listing, first_of
from governance.imports.formats.holdings_m365 import KIND
from governance.imports.rules import IssueCode
from governance.imports.sheet import Row

COLUMNS = (
    Column("account", "the user principal name", ("user principal name",), required=True),
    Column("products", "the products, joined by +", ("licenses", "assigned products"), required=True),
    Column("used", "when any of them was used last", ("last activity date",)),
    Column("observed", "the day of which the table speaks", ("report refresh date",)),
    Column("deleted", "whether the user is gone", ("is deleted",)),
)
NONE = frozenset({"", "unlicensed"})


def looks_like(headers: Sequence[str]) -> bool:
    """Tell whether a table has these columns."""
    bare = {header.strip().casefold() for header in headers}
    return "user principal name" in bare and bool(bare & {"licenses", "assigned products"})


def read_user(listing: Listing, row: Row, headers: Mapping[str, str], seen: dict[str, int]) -> None:
    """Read a row: one holding for each product that stands in it."""
    listing.rows += 1
    cells = {name: str(row.values.get(header) or "").strip() for name, header in headers.items()}
    spoiled = next((issue for issue in row.issues if issue.spoils), None)
    if spoiled is not None:
        listing.wrong(row.number, spoiled.column, IssueCode.ROW_DAMAGED, spoiled.message)
        return
    account = cells["account"]
    if not account:
        listing.wrong(row.number, headers["account"], IssueCode.MISSING_VALUE, "The cell is empty.")
        return
    if (first := seen.setdefault(account.casefold(), row.number)) != row.number:
        said = f"{account} stands in row {first} already."
        listing.wrong(row.number, headers["account"], IssueCode.DUPLICATE, said)
        return
    try:
        used, observed = _day(cells.get("used", "")), _day(cells.get("observed", ""))
    except ValueError:
        said = "A day such as 2026-10-31 is needed, or nothing."
        listing.wrong(row.number, headers.get("used"), IssueCode.BAD_VALUE, said)
        return
    if observed is not None:
        listing.observed_at = max(observed, listing.observed_at or observed)
    if cells.get("deleted", "").casefold() == "true":
        return
    names = {name.strip() for name in cells["products"].split("+")}
    listing.held.extend(
        Held(row.number, account, first_of((account,)), tier=name, used_at=used)
        for name in sorted(names)
        if name.casefold() not in NONE
    )


def listing_of_users() -> Listing:
    """Give an empty list of this kind: it takes the place of Graph's."""
    return Listing(KIND, KIND)


def _day(text: str) -> datetime | None:
    return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC) if text else None
