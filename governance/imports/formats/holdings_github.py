"""GitHub's lists of who holds a seat: Copilot seats and consumed licenses (JSON), and the people export (CSV).

Source of names and types: docs.github.com/rest/copilot/copilot-user-management (total_seats, seats[].assignee.login,
created_at, last_activity_at) and docs.github.com/rest/enterprise-admin/license (users[].github_com_login,
github_com_saml_name_id, github_com_verified_domain_emails). Both come in pages: fewer rows than the total is a part.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.imports.formats.holdings import Held, Listing, first_of, moment_of, text_of, texts_of
from governance.imports.rules import IssueCode
from governance.imports.sheet import Row

KIND = "github"
COPILOT, ENTERPRISE, PEOPLE = "github-copilot", "github-enterprise", "github-people"


def looks_like(document: Any) -> bool:
    """Tell whether a document is one of the two lists."""
    return isinstance(document, Mapping) and (
        isinstance(document.get("seats"), list)
        or ("total_seats_consumed" in document and isinstance(document.get("users"), list))
    )


def read(document: Mapping[str, Any]) -> Listing:
    """Read either list; each seat that cannot be read is told by its place, from 1 on."""
    seats = document.get("seats")
    copilot = isinstance(seats, list)
    rows: list[Any] = seats if isinstance(seats, list) else document["users"]
    total = document.get("total_seats" if copilot else "total_seats_consumed")
    listing = Listing(KIND, COPILOT if copilot else ENTERPRISE)
    listing.complete = isinstance(total, int) and not isinstance(total, bool) and len(rows) >= total
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        listing.rows += 1
        if not isinstance(row, Mapping):
            listing.wrong(number, None, IssueCode.BAD_VALUE, "The row is no object.")
            continue
        held = _seat(listing, number, row) if copilot else _user(listing, number, row)
        if held is not None:
            keep_once(listing, held, seen)
    return listing


def read_person(listing: Listing, row: Row, headers: Mapping[str, str], seen: dict[str, int]) -> None:
    """Read a row of the people export."""
    listing.rows += 1
    cells = {name: str(row.values.get(header) or "").strip() for name, header in headers.items()}
    spoiled = next((issue for issue in row.issues if issue.spoils), None)
    if spoiled is not None:
        listing.wrong(row.number, spoiled.column, IssueCode.ROW_DAMAGED, spoiled.message)
    elif not (account := cells["login"] or cells.get("mail", "")):
        listing.wrong(row.number, headers["login"], IssueCode.MISSING_VALUE, "Neither a login nor a mail address.")
    else:
        names = first_of((cells.get("mail", ""), account))
        keep_once(listing, Held(row.number, account, names, feature=None), seen)


def keep_once(listing: Listing, held: Held, seen: dict[str, int]) -> None:
    """Keep a seat unless its account holds one in a row before."""
    first = seen.setdefault(held.account.casefold(), held.row)
    if first != held.row:
        said = f"{held.account} stands in row {first} already."
        listing.wrong(held.row, "login", IssueCode.DUPLICATE, said)
        return
    listing.held.append(held)


def _seat(listing: Listing, number: int, row: Mapping[str, Any]) -> Held | None:
    assignee = row.get("assignee")
    login = text_of(assignee, "login") if isinstance(assignee, Mapping) else ""
    if not login:
        listing.wrong(number, "assignee.login", IssueCode.MISSING_VALUE, "Nobody is named as who holds the seat.")
        return None
    moments: dict[str, datetime | None] = {}
    for name in ("created_at", "last_activity_at"):
        try:
            moments[name] = None if row.get(name) is None else moment_of(row[name])
        except ValueError:
            said = f"{str(row[name])[:40]!r} is no instant with an offset such as 2026-03-01T08:00:00Z."
            listing.wrong(number, name, IssueCode.BAD_VALUE, said)
            return None
    mail = text_of(assignee, "email") if isinstance(assignee, Mapping) else ""
    return Held(
        number, login, first_of((mail, login)), since=moments["created_at"], used_at=moments["last_activity_at"]
    )


def _user(listing: Listing, number: int, row: Mapping[str, Any]) -> Held | None:
    names = first_of(
        (
            text_of(row, "github_com_saml_name_id"), *texts_of(row, "github_com_verified_domain_emails"),
            *texts_of(row, "enterprise_server_emails"), text_of(row, "visual_studio_subscription_email"),
            text_of(row, "github_com_login"),
        )
    )  # fmt: skip
    account = text_of(row, "github_com_login") or (names[0] if names else "")
    if not account:
        listing.wrong(number, "github_com_login", IssueCode.MISSING_VALUE, "Neither a login nor a mail address.")
        return None
    return Held(number, account, names)
