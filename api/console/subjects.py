"""What an entry of the trail is about, in words: the object by the name it has today, and the page it stands on."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

from api.console.context import Context
from api.console.texts import known
from governance.agreements.models import Agreement
from governance.catalog.models import Product, Tier, Vendor
from governance.compliance.models import Finding
from governance.directory.models import OrgUnit, Person, ServiceAccount
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.inventory.models import Device
from governance.kernel.work import Work
from governance.reviews.models import ActionItem, Board, Review
from governance.seats.models import Assignment

NAMED: Final[dict[str, tuple[Any, Any]]] = {
    "action_item": (ActionItem, ActionItem.what),
    "agreement": (Agreement, Agreement.number),
    "board": (Board, Board.name),
    "device": (Device, Device.code),
    "entitlement": (Entitlement, Entitlement.name),
    "finding": (Finding, Finding.subject_name),
    "metric_line": (MetricLine, MetricLine.code),
    "person": (Person, Person.name),
    "pool": (Pool, Pool.name),
    "product": (Product, Product.name),
    "review": (Review, Review.title),
    "service_account": (ServiceAccount, ServiceAccount.name),
    "tier": (Tier, Tier.name),
    "unit": (OrgUnit, OrgUnit.name),
    "vendor": (Vendor, Vendor.name),
}
PAGES: Final = {
    "action_item": ("/actions/{}", "review:act"),
    "agreement": ("/agreements/{}", "agreement:read"),
    "board": ("/boards/{}", "review:read"),
    "device": ("/devices/{}", "seat:read"),
    "entitlement": ("/licenses/{}", "entitlement:read"),
    "finding": ("/findings/{}", "finding:read"),
    "person": ("/people/{}", "person:read"),
    "review": ("/reviews/{}", "review:read"),
    "run": ("/runs/{}", "run:read"),
    "scan": ("/runs/{}", "run:read"),
}
Subject = tuple[str, UUID]


async def names_of_subjects(ctx: Context, work: Work, subjects: Iterable[Subject]) -> dict[Subject, str]:
    """The names of what entries are about, by one SELECT a kind; kinds without names are told by their kind alone."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, subject_id in subjects:
        by_kind.setdefault(kind, set()).add(subject_id)
    names: dict[Subject, str] = {}
    for kind, ids in by_kind.items():
        found = await _names(ctx, work, kind, ids)
        names |= {(kind, each): _said(ctx, kind, found.get(each, "")) for each in ids}
    return names


async def _names(ctx: Context, work: Work, kind: str, ids: set[UUID]) -> dict[UUID, str]:
    if kind == "assignment" and ctx.may("person:read"):
        query = (
            select(Assignment.id, Person.name)
            .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
            .where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(sorted(ids)))
        )
    elif kind in NAMED and ctx.may("person:read"):
        row, name = NAMED[kind]
        query = select(row.id, name).where(row.tenant_id == work.tenant_id, row.id.in_(sorted(ids)))
    else:
        return {}
    return {each[0]: each[1] for each in await work.session.execute(query)}


def _said(ctx: Context, kind: str, name: str) -> str:
    if kind == "assignment":
        return ctx.text("trail.seat_of", person=name) if name else kind_of(ctx, kind)
    return name or kind_of(ctx, kind)


def kind_of(ctx: Context, kind: str) -> str:
    """The kind of object, in words."""
    key = f"trail.type_{kind}"
    return ctx.text(key) if known(ctx.locale, key) else kind


def page_of(ctx: Context, kind: str, subject_id: UUID) -> str | None:
    """The page of the object, where there is one that this reader may open."""
    path, right = PAGES.get(kind, ("", ""))
    return path.format(subject_id) if path and ctx.may(right) else None
