"""Finds what the cells of a table mean by the names people use; what is not there is refused with what is nearest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from governance.agreements.models import Agreement
from governance.catalog.models import Tier
from governance.catalog.queries import visible_products, visible_tiers, visible_vendors
from governance.catalog.service import NewProduct, NewTier, NewVendor, add_product, add_tier, add_vendor
from governance.directory.queries import person_by_mail
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.imports.formats.cells import Problem
from governance.imports.units import UnitBook, open_unit_book
from governance.kernel.work import Work

T = TypeVar("T")
CREATE = "create"
MISSING = "add it to the catalog first, or let the import create what is missing"


class RowRefused(Exception):
    """A row that cannot be taken; the problems say which fields, what they have and what they need."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@dataclass
class Made:
    """What one row brought, for its report and for an undo."""

    items: list[dict[str, object]] = field(default_factory=list)

    def add(self, kind: str, row_id: UUID, version: int | None = None) -> None:
        self.items.append({"type": kind, "id": str(row_id), "version": version})


@dataclass
class Names:
    """Names as they are known in one transaction; `forget` after something was rolled back."""

    work: Work
    creates: bool = False
    _vendors: dict[str, UUID] | None = None
    _products: dict[str, tuple[UUID, UUID]] | None = None
    _tiers: dict[UUID, dict[str, UUID]] = field(default_factory=dict)
    _people: dict[str, UUID | None] = field(default_factory=dict)
    _units: UnitBook | None = None

    def forget(self) -> None:
        self._vendors = self._products = None
        self._tiers = {}

    async def vendor(self, name: str, made: Made) -> UUID:
        """Give a vendor by name; one that is missing is created where that was asked for. Raises RowRefused."""
        if self._vendors is None:
            rows = (await self.work.session.execute(visible_vendors(self.work))).scalars()
            self._vendors = {_same(row.name): row.id for row in rows}
        found = self._vendors.get(_same(name))
        if found is None:
            if not self.creates:
                raise RowRefused(_unknown("vendor", name, self._vendors))
            row = await add_vendor(self.work, NewVendor(name))
            found = self._vendors[_same(name)] = row.id
            made.add("vendor", row.id)
        return found

    async def product(self, name: str, vendor_id: UUID | None, made: Made) -> UUID:
        """Give a product by code or name; a missing one is created under `vendor_id`. Raises RowRefused."""
        if self._products is None:
            rows = (await self.work.session.execute(visible_products(self.work))).scalars().all()
            self._products = _single([(row.name, (row.id, row.vendor_id)) for row in rows])
            self._products |= {_same(row.code): (row.id, row.vendor_id) for row in rows}
        found = self._products.get(_same(name))
        if found is None:
            if not self.creates or vendor_id is None:
                raise RowRefused(_unknown("product", name, self._products))
            row = await add_product(self.work, NewProduct(vendor_id, name[:120], name))
            found = self._products[_same(name)] = (row.id, vendor_id)
            made.add("product", row.id)
        return found[0]

    async def tier(self, name: str, product_id: UUID, made: Made) -> UUID:
        """Give a tier of a product by code or name; a missing one is created on top. Raises RowRefused."""
        if product_id not in self._tiers:
            query = visible_tiers(self.work).where(Tier.product_id == product_id)
            rows = (await self.work.session.execute(query)).scalars().all()
            self._tiers[product_id] = _single([(row.name, row.id) for row in rows])
            self._tiers[product_id] |= {_same(row.code): row.id for row in rows}
        known = self._tiers[product_id]
        if _same(name) not in known:
            if not self.creates:
                raise RowRefused(_unknown("tier", name, known))
            row = await add_tier(self.work, NewTier(product_id, name[:120], name, len(set(known.values())) + 1))
            known[_same(name)] = row.id
            made.add("tier", row.id)
        return known[_same(name)]

    async def unit(self, text: str, column: str = "unit") -> UUID:
        """Give an org unit by code, path or name. Raises RowRefused."""
        if self._units is None:
            self._units = await open_unit_book(self.work)
        found = self._units.find(text)
        if found is None:
            raise RowRefused(Problem(column, text, f"the code or path of a unit; {self._units.nearest(text)}"))
        return found

    async def person(self, mail: str | None, column: str) -> UUID | None:
        """Give the one person of a mail address, None for no address. Raises RowRefused."""
        if mail is None:
            return None
        key = mail.casefold()
        if key not in self._people:
            row = await person_by_mail(self.work, mail)
            self._people[key] = None if row is None else row.id
        if self._people[key] is None:
            raise RowRefused(Problem(column, mail, "the mail address of one person who is known here"))
        return self._people[key]

    async def agreement(self, number: str) -> Agreement | None:
        """Give the agreement of that number, a withdrawn one included, whatever one's reach."""
        query = select(Agreement).where(Agreement.tenant_id == self.work.tenant_id, Agreement.number == number)
        return (await self.work.session.execute(query)).scalar_one_or_none()

    async def license(self, code: str) -> Entitlement | None:
        query = select(Entitlement).where(Entitlement.tenant_id == self.work.tenant_id, Entitlement.code == code)
        return (await self.work.session.execute(query)).scalar_one_or_none()

    async def line(self, entitlement_id: UUID, code: str) -> MetricLine | None:
        here = (MetricLine.tenant_id == self.work.tenant_id, MetricLine.entitlement_id == entitlement_id)
        query = select(MetricLine).where(*here, MetricLine.code == code)
        return (await self.work.session.execute(query)).scalar_one_or_none()

    async def pool(self, line_id: UUID, code: str) -> Pool | None:
        query = select(Pool).where(Pool.tenant_id == self.work.tenant_id, Pool.line_id == line_id, Pool.code == code)
        return (await self.work.session.execute(query)).scalar_one_or_none()


def _unknown(kind: str, name: str, known: Mapping[str, object]) -> Problem:
    near = get_close_matches(_same(name), list(known), n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(repr(each) for each in near)}? Otherwise " if near else ""
    return Problem(kind, name, f"a {kind} of the catalog: {meant}{MISSING}")


def _single(named: Sequence[tuple[str, T]]) -> dict[str, T]:
    """Give what a name means where it means one thing; of a name that two have, neither."""
    often = Counter(_same(name) for name, _ in named)
    return {_same(name): thing for name, thing in named if often[_same(name)] == 1}


def _same(name: str) -> str:
    return " ".join(name.split()).casefold()
