"""Imports what is held at a vendor: whose each account is, which product and tier, kept as one reading."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, or_, select

from governance.catalog.models import Tier
from governance.directory.models import Tenant
from governance.holdings.service import NewReading, Observed, read_in
from governance.imports.errors import NotHoldings
from governance.imports.formats import holdings_github, holdings_lmstat, holdings_m365, holdings_m365_users
from governance.imports.formats.columns import find_columns
from governance.imports.formats.holdings import COLUMNS, Held, Listing, document_of
from governance.imports.rules import ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from governance.usage.queries import people_by_login, people_named, products_named

OPTIONS = frozenset({"product", "observed_at", "zone", "instance"})
NOBODY = "Nobody here, or more than one person, fits this account; it is kept and told under differences."


async def import_holdings(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take a list of holders in. Options: `product` (code; which product it speaks of), `observed_at`, `zone`,
    `instance`.

    Answers an ImportOutcome as a document with `source`, `instance`, `observed_at`, `complete`, `seats` held, how many
    of them are `matched` to a person here, and `inferred`.

    Raises BadInput for an option, NotHoldings, SheetRefused, Refused.
    """
    listing = await _listing(path)
    async with desk.reading() as work:
        told, inferred = await _observed_at(work, listing, desk.asked)
        seats = await _settled(work, listing, desk.asked.get("product"))
    instance = desk.asked.get("instance") or listing.instance
    complete = listing.complete and not listing.bad_rows
    reading = NewReading(listing.kind, instance[:200], complete, told, tuple(seats))
    if not desk.asked["dry_run"]:
        async with desk.working() as work:
            await read_in(work, reading)
            await desk.remember({"done": True})
    await desk.progress("merge", listing.rows, listing.rows)
    return _document(listing, reading, inferred)


async def _listing(path: Path) -> Listing:
    """Tell the format by its looks, and read it. Raises NotHoldings, SheetRefused."""
    content = await asyncio.to_thread(path.read_bytes)
    head = content[:4_096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in {b"{", b"["}:
        document = await asyncio.to_thread(document_of, content)
        readers: tuple[tuple[Callable[[Any], bool], Callable[[Any], Listing]], ...] = (
            (holdings_github.looks_like, holdings_github.read),
            (holdings_m365.looks_like, holdings_m365.read),
        )
        for looks_like, read in readers:
            if looks_like(document):
                return await asyncio.to_thread(read, document)
        raise NotHoldings("it is JSON of another kind, or an empty list")
    text = content.decode("utf-8", errors="replace")
    if holdings_lmstat.looks_like(text):
        return await asyncio.to_thread(holdings_lmstat.read, text)
    return await _people_export(path)


async def _people_export(path: Path) -> Listing:
    listing, seen = Listing(holdings_github.KIND, holdings_github.PEOPLE), dict[str, int]()
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        if holdings_m365_users.looks_like(sheet.headers):
            listing = holdings_m365_users.listing_of_users()
            headers = find_columns(holdings_m365_users.COLUMNS, sheet.headers).headers
            async for row in rows:
                holdings_m365_users.read_user(listing, row, headers, seen)
            return listing
        headers = find_columns(COLUMNS, sheet.headers).headers
        async for row in rows:
            holdings_github.read_person(listing, row, headers, seen)
    return listing


async def _observed_at(work: Work, listing: Listing, asked: Mapping[str, Any]) -> tuple[datetime, list[dict[str, Any]]]:
    """Settle when it was so: as asked, as the list tells on its server's clock, else now, which is said."""
    inferred: list[dict[str, Any]] = []
    now = work.now()
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    zone_name = asked.get("zone") or tenant.zone
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("zone", zone_name[:60], "a zone by IANA such as America/New_York") from None
    if (said := asked.get("observed_at")) is not None:
        try:
            at = datetime.fromisoformat(said)
        except ValueError:
            raise BadInput("observed_at", said[:60], "an instant such as 2026-03-02T09:00:00+01:00") from None
        at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    elif listing.observed_at is not None:
        at = listing.observed_at.replace(tzinfo=zone)
        if not asked.get("zone"):
            why = "the list names no zone; this is the tenant's home zone"
            inferred.append({"what": "zone", "line": 1, "value": zone_name, "why": why})
    else:
        at = now
        why = "the list does not tell when it was made"
        inferred.append({"what": "observed_at", "line": 1, "value": now.isoformat(), "why": why})
    at = at.astimezone(UTC)
    if at > now:
        raise BadInput("observed_at", at.isoformat(), "an instant that has come; is the zone right?")
    listing.held = [_in_zone(held, zone) for held in listing.held]
    return at, inferred


def _in_zone(held: Held, zone: ZoneInfo) -> Held:
    if held.since is None or held.since.tzinfo is not None:
        return held
    values = {name: getattr(held, name) for name in Held.__dataclass_fields__}
    return Held(**values | {"since": held.since.replace(tzinfo=zone).astimezone(UTC)})


async def _settled(work: Work, listing: Listing, product: str | None) -> list[Observed]:
    """Say whose each account is and what it holds. Raises BadInput for a product that is not in the catalog."""
    names = {name for held in listing.held for name in held.names}
    people = await _people(work, names)
    products = await products_named(work, {product} if product else _features(listing))
    if product is not None and product not in products:
        raise BadInput("product", product[:60], "the code of a product in the catalog")
    if product is None and listing.kind == holdings_github.KIND:
        raise BadInput(
            "product", "nothing", "the code of the product that these seats are of, such as --product copilot"
        )
    tiers = await _tiers(work, {held.tier for held in listing.held if held.tier is not None})
    unknown: set[str] = set()
    seats = []
    for held in listing.held:
        person = next((people[name] for name in held.names if name in people), None)
        tier_id, product_id = tiers.get((held.tier or "").casefold(), (None, None))
        product_id = product_id or products.get(product or held.feature or "")
        if person is None:
            listing.issues.append(Issue(held.row, "account", IssueCode.UNKNOWN_PERSON, f"{held.account!r}: {NOBODY}"))
        named = held.tier or held.feature
        if product_id is None and named is not None and named not in unknown:
            unknown.add(named)
            said = f"{named!r} is no tier or product of the catalog; who holds it is kept, and compared with nothing."
            listing.issues.append(Issue(held.row, "product", IssueCode.DAMAGED_TEXT, said))
        seats.append(
            Observed(
                held.account, person, product_id, tier_id, held.feature or product, held.tier, held.quantity,
                held.since, held.used_at,
            )
        )  # fmt: skip
    return seats


async def _people(work: Work, names: Iterable[str]) -> dict[str, UUID]:
    wanted = set(names)
    found = await people_named(work, wanted)
    logins = {name for name in wanted - found.keys() if "@" not in name}
    return {**await people_by_login(work, logins), **found}


def _features(listing: Listing) -> set[str]:
    return {held.feature for held in listing.held if held.feature is not None}


async def _tiers(work: Work, skus: set[str]) -> dict[str, tuple[UUID, UUID]]:
    """Give tiers by the vendor's id, or by a name that only one of them has, capitals aside."""
    names = {sku.casefold() for sku in skus}
    query = select(Tier.external_id, Tier.name, Tier.id, Tier.product_id).where(
        Tier.tenant_id == work.tenant_id,
        or_(Tier.external_id.in_(sorted(skus)), func.lower(Tier.name).in_(sorted(names))),
    )
    found: dict[str, tuple[UUID, UUID]] = {}
    named: dict[str, set[tuple[UUID, UUID]]] = {}
    for external_id, name, tier_id, product_id in await work.session.execute(query):
        if external_id is not None:
            found[str(external_id).casefold()] = (tier_id, product_id)
        named.setdefault(name.casefold(), set()).add((tier_id, product_id))
    return {name: next(iter(tiers)) for name, tiers in named.items() if len(tiers) == 1} | found


def _document(listing: Listing, reading: NewReading, inferred: list[dict[str, Any]]) -> dict[str, Any]:
    rejected = len(listing.bad_rows)
    issues = bounded(sorted(listing.issues, key=lambda issue: issue.row or 0))
    accepted = listing.rows - rejected
    outcome = ImportOutcome(listing.rows, accepted, rejected, accepted, 0, 0, issues)
    return outcome.document() | {
        "source": reading.source,
        "instance": reading.instance,
        "observed_at": reading.observed_at.isoformat(),
        "complete": reading.complete,
        "seats": sum(seat.quantity for seat in reading.seats),
        "matched": sum(seat.quantity for seat in reading.seats if seat.person_id is not None),
        "inferred": inferred,
    }
