"""One small builder per record, with defaults: tests say only what matters to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.catalog.models import Feature, Product, Tier, TierFeature, Vendor
from governance.directory.models import OrgUnit, Person, PersonPlacement, RoleGrant, Tenant, UnitClosure, UnitPlacement
from governance.directory.rules import PersonStatus, UnitKind, same_mail
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, RoomKind, Term, most_of
from governance.kernel.due import end_after, start_of
from governance.kernel.work import Office
from policies.access.parties import Actor, Grant, Role, ScopeKind


@dataclass
class Estate:
    """A tenant under test. Every builder writes straight to the database, past the verbs, and returns the row."""

    office: Office
    tenant_id: UUID
    units: dict[str, UUID]
    people: dict[str, UUID]
    _session: AsyncSession | None = field(default=None, repr=False)

    @classmethod
    async def raised(cls, office: Office, name: str = "Halden Group") -> "Estate":
        """Build the tenant: Halden > (Sales > Sales EMEA), IT, Finance; admin, auditor, two board members, holders."""
        estate = cls(office, uuid4(), {}, {})
        now = office.clock.now()
        async with office.database.system_write() as session:
            session.add(
                Tenant(
                    id=estate.tenant_id,
                    name=name,
                    slug=f"t-{estate.tenant_id.hex[:12]}",
                    currency="USD",
                    zone="Europe/Zurich",
                    created_at=now,
                )
            )
        async with estate.at_once():
            await estate.unit("halden", None, kind=UnitKind.COMPANY)
            await estate.unit("sales", "halden")
            await estate.unit("sales-emea", "sales", region="150")
            await estate.unit("it", "halden")
            await estate.unit("finance", "halden")
            for who, unit, country, role in (
                ("admin", "it", "CH", Role.IT_ADMIN),
                ("auditor", "finance", "CH", Role.AUDITOR),
                ("board-sales", "sales", "DE", Role.BOARD_MEMBER),
                ("board-finance", "finance", "CH", Role.BOARD_MEMBER),
                ("ada", "sales-emea", "DE", None),
                ("ben", "sales-emea", "FR", None),
                ("cleo", "sales", "US", None),
            ):
                await estate.person(who, unit, country=country)
                if role is not None:
                    await estate.grant(who, role)
        return estate

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[None]:
        """Write everything within the block in one transaction; a block within a block belongs to the outer one."""
        if self._session is not None:
            yield
            return
        async with self.office.database.write(self.tenant_id) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    async def add(self, row: Any) -> Any:
        if self._session is not None:
            self._session.add(row)
            await self._session.flush()
            return row
        async with self.office.database.write(self.tenant_id) as session:
            session.add(row)
        return row

    def key(self) -> dict[str, UUID]:
        return {"tenant_id": self.tenant_id, "id": self.office.ids.new()}

    async def unit(
        self, code: str, parent: str | None, *, kind: UnitKind = UnitKind.DEPARTMENT, region: str = "001"
    ) -> UUID:
        now = self.office.clock.now()
        row = OrgUnit(**self.key(), code=code, name=code.title(), kind=kind, region=region)
        await self.add(row)
        parent_id = self.units[parent] if parent else None
        await self.add(UnitPlacement(**self.key(), unit_id=row.id, parent_id=parent_id, start=now, recorded_at=now))
        above = [(row.id, 0)]
        while parent is not None:
            above.append((self.units[parent], len(above)))
            parent = self._parents.get(parent)
        for ancestor, depth in above:
            await self.add(UnitClosure(**self.key(), ancestor_id=ancestor, unit_id=row.id, depth=depth))
        self.units[code] = row.id
        self._parents[code] = next((c for c, i in self.units.items() if i == parent_id), None)
        return row.id

    async def person(
        self, name: str, unit: str = "sales-emea", *, country: str = "DE", status: PersonStatus = PersonStatus.ACTIVE
    ) -> UUID:
        now = self.office.clock.now()
        mail = f"{name}@halden.example"
        row = Person(
            **self.key(),
            external_id=name,
            name=name.title(),
            mail=mail,
            mail_key=same_mail(mail),
            status=status,
            unit_id=self.units[unit],
            country=country,
            source="tests",
            recorded_at=now,
        )
        await self.add(row)
        await self.add(
            PersonPlacement(
                **self.key(), person_id=row.id, unit_id=row.unit_id, country=country, start=now, recorded_at=now
            )
        )
        self.people[name] = row.id
        return row.id

    async def grant(self, who: str, role: Role, *, unit: str | None = None, region: str | None = None) -> None:
        scope = ScopeKind.UNIT if unit else ScopeKind.REGION if region else ScopeKind.TENANT
        await self.add(
            RoleGrant(
                **self.key(),
                person_id=self.people[who],
                role=role,
                scope=scope,
                region=region,
                unit_id=self.units[unit] if unit else None,
                start=self.office.clock.now(),
                reason="set up",
                granted_by="system:tests",
            )
        )

    def actor(self, who: str, *grants: Grant, role: Role | None = None, unit: str | None = None) -> Actor:
        """Give the person as an actor; without grants, those of the estate's own cast."""
        cast = {
            "admin": Role.IT_ADMIN,
            "auditor": Role.AUDITOR,
            "board-sales": Role.BOARD_MEMBER,
            "board-finance": Role.BOARD_MEMBER,
        }
        role = role or cast.get(who)
        if not grants and role is not None:
            grants = (Grant(role, ScopeKind.UNIT, unit_id=self.units[unit]) if unit else Grant(role, ScopeKind.TENANT),)
        if not grants:
            grants = (Grant(Role.HOLDER, ScopeKind.OWN),)
        return Actor(
            self.tenant_id,
            f"person:{self.people[who]}",
            person_id=self.people[who],
            grants=frozenset(grants),
            authenticated_at=self.office.clock.now(),
        )

    async def product(self, code: str = "m365", *, tiers: tuple[str, ...] = ("E3", "E5")) -> UUID:
        """Give a product whose tiers rank in the order given."""
        vendor = await self.add(Vendor(**self.key(), name=f"Vendor of {code}"))
        product = await self.add(Product(**self.key(), vendor_id=vendor.id, code=code, name=code.upper()))
        for rank, tier in enumerate(tiers, start=1):
            await self.add(Tier(**self.key(), product_id=product.id, code=tier, name=tier, rank=rank))
        return product.id

    async def features(self, tier_id: UUID, *codes: str) -> dict[str, UUID]:
        """Let a tier grant features, each made when it is new. Gives their ids by code."""
        async with self.at_once():
            for code in codes:
                if code not in self._features:
                    self._features[code] = (await self.add(Feature(**self.key(), code=code, name=code.title()))).id
                await self.add(TierFeature(**self.key(), tier_id=tier_id, feature_id=self._features[code]))
        return {code: self._features[code] for code in codes}

    async def license(
        self,
        code: str = "m365-e5",
        *,
        quantity: int | None = 3,
        pools: dict[str, int | None] | None = None,
        model: LicenseModel = LicenseModel.NAMED_USER,
        overage: Overage = Overage.BLOCK,
        overage_percent: str | None = None,
        unit: str = "halden",
        pool_unit: str = "sales",
        included: tuple[str, ...] = ("001",),
        excluded: tuple[str, ...] = (),
        first_day: date = date(2026, 1, 1),
        last_day: date | None = date(2026, 12, 31),
        zone: str = "Europe/Zurich",
        owner: str | None = "admin",
        needs_acceptance: bool = False,
        product_id: UUID | None = None,
        tier_id: UUID | None = None,
        unit_price: int = 57_000_000,
    ) -> "License":
        """Build agreement, entitlement, NAMED_USER line, one lot and pools with their allocations and rooms."""
        async with self.at_once():
            now = self.office.clock.now()
            product_id = product_id or await self.product(f"product-of-{code}")
            vendor = await self.add(Vendor(**self.key(), name=f"Seller of {code}"))
            agreement = await self.add(
                Agreement(
                    **self.key(),
                    number=f"EA-{code}",
                    title=code,
                    side=Side.PROCURED,
                    vendor_id=vendor.id,
                    unit_id=self.units[unit],
                    owner_id=self.people[owner] if owner else None,
                    currency="USD",
                    zone=zone,
                    first_day=first_day,
                    last_day=last_day,
                    payment=Payment.PAID,
                    recorded_at=now,
                )
            )
            entitlement = await self.add(
                Entitlement(
                    **self.key(),
                    agreement_id=agreement.id,
                    product_id=product_id,
                    code=code,
                    name=code,
                    unit_id=self.units[unit],
                    owner_id=self.people[owner] if owner else None,
                    recorded_at=now,
                )
            )
            line = await self.add(
                MetricLine(
                    **self.key(),
                    entitlement_id=entitlement.id,
                    code="named",
                    model=model,
                    term=Term.SUBSCRIPTION,
                    overage=overage,
                    overage_percent=overage_percent,
                    needs_acceptance=needs_acceptance,
                    tier_id=tier_id,
                )
            )
            start, end = start_of(first_day, zone), end_after(last_day, zone)
            lot_key = self.office.ids.new()
            lot = await self.add(
                Lot(
                    **self.key(),
                    lot_key=lot_key,
                    line_id=line.id,
                    quantity=quantity,
                    first_day=first_day,
                    last_day=last_day,
                    zone=zone,
                    start=start,
                    end=end,
                    included=list(included),
                    excluded=list(excluded),
                    currency="USD",
                    unit_price=unit_price,
                    cost_basis=CostBasis.FLAT if quantity is None else CostBasis.PER_SEAT,
                    reason=ChangeReason.NEW,
                    recorded_at=now,
                    recorded_by="system:tests",
                )
            )
            ids: dict[str, UUID] = {}
            in_force = start <= now and (end is None or now < end)
            for pool_code, share in (pools or {"main": quantity}).items():
                pool = await self.add(
                    Pool(
                        **self.key(),
                        line_id=line.id,
                        code=pool_code,
                        name=pool_code,
                        unit_id=self.units[pool_unit],
                        opened_at=now,
                    )
                )
                await self.add(
                    Allocation(
                        **self.key(),
                        lot_key=lot_key,
                        pool_id=pool.id,
                        quantity=share,
                        start=start,
                        end=end,
                        reason=ChangeReason.NEW,
                        recorded_at=now,
                        recorded_by="system:tests",
                    )
                )
                await self.add(
                    Room(
                        tenant_id=self.tenant_id,
                        id=pool.id,
                        kind=RoomKind.POOL,
                        **_ceiling(share if in_force else 0, overage_percent),
                        changes_at=end if in_force else start,
                    )
                )
                ids[pool_code] = pool.id
            await self.add(
                Room(
                    tenant_id=self.tenant_id,
                    id=line.id,
                    kind=RoomKind.LINE,
                    **_ceiling(quantity if in_force else 0, overage_percent),
                    changes_at=end if in_force else start,
                )
            )
        return License(agreement.id, entitlement.id, line.id, lot.id, lot_key, ids)

    @property
    def _features(self) -> dict[str, UUID]:
        return self.__dict__.setdefault("features_by_code", {})

    @property
    def _parents(self) -> dict[str, str | None]:
        return self.__dict__.setdefault("parents", {})


def _ceiling(seats: int | None, percent: str | None) -> dict[str, Any]:
    supply = None if percent is None else seats
    return {"ceiling": most_of(seats, percent), "percent": percent, "supply": supply}


@dataclass(frozen=True)
class License:
    """The ids of what `license` built; `pools` by code."""

    agreement_id: UUID
    entitlement_id: UUID
    line_id: UUID
    lot_id: UUID
    lot_key: UUID
    pools: dict[str, UUID]
