"""Microsoft Graph's users with their assignedLicenses: GET /users?$select=userPrincipalName,mail,assignedLicenses.

Source of names and types: learn.microsoft.com/graph/api/resources/user and .../assignedlicense (skuId a GUID,
disabledPlans its service plans that are off). A page with @odata.nextLink is a part of the list.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from governance.imports.errors import NotHoldings
from governance.imports.formats.holdings import Held, Listing, first_of, text_of
from governance.imports.rules import IssueCode

KIND = "m365"
ROW = "a user with userPrincipalName and assignedLicenses"


def looks_like(document: Any) -> bool:
    """Tell whether a document is such a list, or one page of it."""
    rows = _rows(document)
    return bool(rows) and all(isinstance(row, Mapping) for row in rows) and any("assignedLicenses" in r for r in rows)


def read(document: Any) -> Listing:
    """Read the list; each user that cannot be read is told by its place in the list, from 1 on."""
    listing = Listing(KIND, KIND, complete=not (isinstance(document, Mapping) and "@odata.nextLink" in document))
    seen: dict[str, int] = {}
    for number, row in enumerate(_rows(document), start=1):
        listing.rows += 1
        account = text_of(row, "userPrincipalName")
        licenses = row.get("assignedLicenses")
        if not account:
            listing.wrong(number, "userPrincipalName", IssueCode.MISSING_VALUE, f"The row is not {ROW}.")
        elif not isinstance(licenses, list):
            listing.wrong(number, "assignedLicenses", IssueCode.BAD_VALUE, "A list is needed, empty for no license.")
        elif (first := seen.setdefault(account.casefold(), number)) != number:
            listing.wrong(number, "userPrincipalName", IssueCode.DUPLICATE, f"{account} stands in row {first} already.")
        else:
            _take(listing, number, account, first_of((account, text_of(row, "mail"))), licenses)
    return listing


def _take(listing: Listing, number: int, account: str, names: tuple[str, ...], licenses: list[Any]) -> None:
    skus: set[str] = set()
    for one in licenses:
        said = one.get("skuId") if isinstance(one, Mapping) else None
        try:
            sku = str(UUID(said)) if isinstance(said, str) else ""
        except ValueError:
            sku = ""
        if not sku:
            shown = str(said)[:60]
            listing.wrong(number, "assignedLicenses", IssueCode.BAD_VALUE, f"skuId {shown!r} is no GUID of a SKU.")
            return
        skus.add(sku)
    listing.held.extend(Held(number, account, names, tier=sku) for sku in sorted(skus))


def _rows(document: Any) -> list[Any]:
    rows = document.get("value") if isinstance(document, Mapping) else document
    if isinstance(rows, list) and any(not isinstance(row, Mapping) for row in rows):
        raise NotHoldings("its rows are no objects")
    return rows if isinstance(rows, list) else []
