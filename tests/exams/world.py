"""A random company with something of everything placed at random in its units and regions, for the exam of reach."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from governance.activation.models import SupportContact
from governance.activation.rules import Channel as Asked
from governance.agreements.models import Agreement, Amendment, Conversation
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.spoken import Channel as Spoken
from governance.alerts.models import Alert
from governance.alerts.rules import AlertState
from governance.audit.models import Checkpoint, Entry, Sealed
from governance.catalog.models import Product, Vendor
from governance.compliance.models import Finding, FindingStep, Scan
from governance.compliance.rules import FindingState, Severity
from governance.directory.models import (
    Elevation,
    ExternalIdentity,
    Group,
    GroupMapping,
    GroupMember,
    IdentityProvider,
    OrgUnit,
    Person,
    PersonProfile,
    ProfileValue,
    RoleGrant,
    ServiceAccount,
    Tenant,
    Token,
    UnitClosure,
    UnitPlacement,
)
from governance.directory.rules import Placing, UnitKind
from governance.directory.service import MoveUnit, move_unit, operator
from governance.entitlements.models import Allocation, Consumption, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, RoomKind, Term
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.holdings.models import HeldSeat, HoldingsReading
from governance.inventory.models import Device, Installation
from governance.inventory.rules import DeviceKind
from governance.kernel.work import Office
from governance.keys.models import LicenseKey
from governance.keys.rules import KeyKind
from governance.notices.models import Notice
from governance.notices.rules import Channel
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestOrigin, RequestState
from governance.reviews.models import (
    ActionItem,
    ActionStep,
    AimVerdict,
    Board,
    BoardMember,
    Decision,
    ItemNote,
    ItemVote,
    MeetingDay,
    OwnItem,
    Review,
    Snapshot,
)
from governance.reviews.noise import Verdict
from governance.reviews.rules import ActionState, Choice, ItemKind, ReviewState, Seat
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.seats.leases.lease import LeaseState
from governance.seats.models import Assignment, AssignmentStep, Denial, Lease, LeaseWait
from governance.seats.rules import SeatState
from governance.templates.models import LicenseRules, TemplateInstance
from governance.usage.models import UsageEvent
from policies.access.parties import Role, ScopeKind
from policies.thresholds.threshold import Level

# The world, areas, countries, subdivisions, and a grouping across them (conftest's tree extended by `DACH`).
REGIONS = ("001", "150", "155", "019", "DE", "DE-BY", "AT", "CH", "FR", "US", "US-CA", "JP", "DACH")
DAY, LAST_DAY = date(2026, 1, 1), date(2029, 1, 1)


@dataclass
class World:
    """One tenant. `above` is today's parent of each unit; rows are written straight, moves by the verb."""

    office: Office
    dice: random.Random
    tenant_id: UUID = field(default_factory=uuid4)
    units: list[UUID] = field(default_factory=list)
    above: dict[UUID, UUID | None] = field(default_factory=dict)
    people: list[UUID] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)

    @classmethod
    async def raised(cls, office: Office, dice: random.Random) -> "World":
        world = cls(office, dice)
        world._directory()
        world._licenses()
        world._seats()
        world._judged()
        async with office.database.system_write() as session:
            session.add_all([row for row in world.rows if isinstance(row, Tenant)])
            await session.flush()
            session.add_all([row for row in world.rows if not isinstance(row, Tenant)])
        return world

    async def moved(self) -> bool:
        """Hang a random unit elsewhere; says whether there was one that could go anywhere."""
        unit = self.dice.choice(self.units)
        goals = [u for u in self.units if unit not in self.path(u) and u != self.above[unit]]
        if self.above[unit] is None or not goals:
            return False
        goal = self.dice.choice(goals)
        await self.office.perform(operator(self.tenant_id), lambda work: move_unit(work, MoveUnit(unit, goal, "exam")))
        self.above[unit] = goal
        return True

    def path(self, unit: UUID) -> list[UUID]:
        """Give a unit and what is above it, by our own account of the tree."""
        parent = self.above[unit]
        return [unit] if parent is None else [unit, *self.path(parent)]

    def _directory(self) -> None:
        now, dice = self.office.clock.now(), self.dice
        self.rows.append(
            Tenant(id=self.tenant_id, name="T", slug=self.tenant_id.hex, currency="USD", zone="UTC", created_at=now)
        )
        for n in range(dice.randint(3, 9)):
            parent = dice.choice(self.units) if self.units and dice.random() < 0.9 else None
            row = self._row(OrgUnit, code=f"u{n}", name=f"U{n}", kind=UnitKind.DEPARTMENT, region=self._region())
            self.above[row.id] = parent
            self.units.append(row.id)
            self._row(UnitPlacement, unit_id=row.id, parent_id=parent, start=now, recorded_at=now)
            for depth, ancestor in enumerate(self.path(row.id)):
                self._row(UnitClosure, ancestor_id=ancestor, unit_id=row.id, depth=depth)
        for n in range(5):
            mail = f"p{n}@x.example"
            self.people.append(
                self._row(
                    Person, external_id=f"p{n}", name=f"P{n}", mail=mail, mail_key=mail, unit_id=self._unit(),
                    country=self._region(), source="exam", recorded_at=now,
                ).id
            )  # fmt: skip
        accounts = [self._row(ServiceAccount, name=f"s{n}", unit_id=self._unit(), created_at=now).id for n in range(2)]
        for n in range(3):
            person, account = (self._person(), None) if n else (None, dice.choice(accounts))
            secret = uuid4().hex
            self._row(
                Token, name=f"t{n}", person_id=person, service_account_id=account, prefix=secret[:8],
                secret_hash=secret, created_at=now,
            )  # fmt: skip
            scope = ScopeKind.UNIT, ScopeKind.REGION, ScopeKind.TENANT
            self._row(
                RoleGrant, person_id=person, service_account_id=account, role=dice.choice(list(Role)), scope=scope[n],
                unit_id=self._unit() if n == 0 else None, region=self._region() if n == 1 else None, start=now,
                reason="exam", granted_by="system:exam",
            )  # fmt: skip
            self._row(
                Elevation, person_id=self._person(), role=dice.choice(list(Role)), scope=scope[n], hours=1,
                unit_id=self._unit() if n == 0 else None, region=self._region() if n == 1 else None, reason="exam",
                asked_at=now, expires_at=now + timedelta(days=3),
            )  # fmt: skip

        provider = self._row(
            IdentityProvider, name="L", issuer="https://x.example", client_id="l", scopes=["openid"], created_at=now
        )
        self._row(
            GroupMapping, provider_id=provider.id, group_name="g", role=Role.AUDITOR, scope=ScopeKind.TENANT,
            reason="exam", made_by="system:exam", created_at=now,
        )  # fmt: skip
        for n in range(2):
            self._row(
                ExternalIdentity, provider_id=provider.id, person_id=self._person(), issuer=provider.issuer,
                subject=f"s{n}", linked_by="system:exam", created_at=now,
            )  # fmt: skip
        self._provisioned(now)

    def _provisioned(self, now: datetime) -> None:
        group = self._row(Group, name="G", name_key="g", source="exam", recorded_at=now, changed_at=now)
        for n, person_id in enumerate(dict.fromkeys(self._person() for _ in range(3))):
            self._row(
                PersonProfile, person_id=person_id, user_name=f"u{n}", user_name_key=f"u{n}", placing=Placing.KEPT,
                source="exam", recorded_at=now, changed_at=now,
            )  # fmt: skip
            self._row(ProfileValue, person_id=person_id, attribute="title", position=0, part="", value="T", key="t")
            self._row(GroupMember, group_id=group.id, person_id=person_id, start=now, recorded_at=now)

    def _licenses(self) -> None:
        now = self.office.clock.now()
        vendor = self._row(Vendor, name="V").id
        self.product = self._row(Product, vendor_id=vendor, code="p", name="P").id
        self.pools: list[Pool] = []
        template = self._row(
            PolicyVersion, kind=PolicyKind.TEMPLATE, subject="t", number=1, edition=1, state=VersionState.LIVE,
            content={}, examples=[], note="t", drafted_by="system:exam", drafted_at=now,
        )  # fmt: skip
        for n in range(2):
            agreement = self._row(
                Agreement, number=f"A{n}", title="A", side=Side.PROCURED, vendor_id=vendor, currency="USD", zone="UTC",
                first_day=DAY, payment=Payment.PAID, recorded_at=now, **self._owned(),
            )  # fmt: skip
            self._row(
                Amendment, agreement_id=agreement.id, number=1, reason=ChangeReason.REQUESTED, effective_day=DAY,
                before={}, after={}, recorded_at=now, recorded_by="system:exam",
            )  # fmt: skip
            self._row(
                Conversation, agreement_id=agreement.id, day=DAY, with_whom="W", channel=Spoken.CALL, summary="S",
                recorded_at=now, recorded_by="system:exam",
            )  # fmt: skip
            entitlement = self._row(
                Entitlement, agreement_id=agreement.id, product_id=self.product, code=f"e{n}", name="E",
                recorded_at=now, **self._owned(),
            )  # fmt: skip
            self._row(LicenseRules, entitlement_id=entitlement.id, set_at=now, set_by="system:exam", version=1)
            self._row(
                TemplateInstance, entitlement_id=entitlement.id, template="t", version_id=template.id, region="001",
                overrides={}, made_at=now, made_by="system:exam", applied_at=now, applied_by="system:exam", version=1,
            )  # fmt: skip
            line = self._row(
                MetricLine, entitlement_id=entitlement.id, code="l", model=LicenseModel.NAMED_USER,
                term=Term.PERPETUAL, overage=Overage.BLOCK,
            )  # fmt: skip
            self._row(
                Consumption, line_id=line.id, subject="", source="exam", quantity=1, first_day=DAY, last_day=DAY,
                recorded_at=now, recorded_by="system:exam",
            )  # fmt: skip
            lot = self._row(
                Lot, lot_key=uuid4(), line_id=line.id, quantity=9, first_day=DAY, zone="UTC",
                start=now - timedelta(days=9), last_day=LAST_DAY, end=now + timedelta(days=900), included=["001"], excluded=[], currency="USD", unit_price=1,
                cost_basis=CostBasis.PER_SEAT, reason=ChangeReason.NEW, recorded_at=now, recorded_by="system:exam",
            )  # fmt: skip
            for code in "ab":
                pool = self._row(
                    Pool, line_id=line.id, code=code, name=code, unit_id=self._unit(), region=self._region(),
                    opened_at=now,
                )  # fmt: skip
                self.pools.append(pool)
                self._row(
                    Allocation, lot_key=lot.lot_key, pool_id=pool.id, quantity=3, start=lot.start,
                    reason=ChangeReason.NEW, recorded_at=now, recorded_by="system:exam",
                )  # fmt: skip
                self.rows.append(Room(tenant_id=self.tenant_id, id=pool.id, kind=RoomKind.POOL, ceiling=3))

    def _seats(self) -> None:
        now = self.office.clock.now()
        for n, person in enumerate(self.people):
            pool = self.dice.choice(self.pools)
            seat = self._row(
                Assignment, line_id=pool.line_id, pool_id=pool.id, person_id=person, state=SeatState.ASSIGNED,
                started_at=now, recorded_at=now,
            )  # fmt: skip
            self._row(
                AssignmentStep, assignment_id=seat.id, state=SeatState.ASSIGNED, event="ASSIGN", at=now,
                recorded_at=now, actor="system:exam",
            )  # fmt: skip
            self._row(
                Denial, pool_id=self.dice.choice(self.pools).id, person_id=self._person(), code="LIMIT_REACHED",
                reasons=[], reasons_hash=str(n), first_at=now, last_at=now, actor="system:exam",
            )  # fmt: skip
            reading = self._row(
                HoldingsReading, source="s", instance=str(n), complete=True, seats=1, observed_at=now,
                recorded_at=now, recorded_by="system:exam",
            )  # fmt: skip
            lent = {"pool_id": pool.id, "person_id": self._person(), "client": f"c{n}", "quantity": 1}
            self._row(
                Lease, line_id=pool.line_id, token=n, state=LeaseState.HELD, granted_at=now, heard_at=now,
                claim_id=self.office.ids.new(), **lent,
            )  # fmt: skip
            device = self._row(
                Device, code=str(n), name="d", kind=DeviceKind.HOST, cores=1, person_id=self._person(),
                unit_id=self.dice.choice(self.units), region=self.dice.choice(REGIONS), recorded_at=now, version=1,
            )  # fmt: skip
            self._row(
                Installation, device_id=device.id, product_id=self.product, release="1", source="s",
                first_seen_at=now, last_seen_at=now,
            )  # fmt: skip
            self._row(LeaseWait, place=n, since=now, until=now, **lent)
            self._row(
                HeldSeat, reading_id=reading.id, account="a", person_id=person if n else None, quantity=1,
            )  # fmt: skip
            self._row(
                WorkOrder, pool_id=pool.id, person_id=person if n else None, account="a", act=OrderAct.REVOKE,
                mode=Mode.CONNECTOR, state=Fulfilled.PENDING, asked_at=now, asked_by="system:exam", version=1,
            )  # fmt: skip
            self._row(
                SeatRequest, pool_id=pool.id, person_id=self._person(), origin=RequestOrigin.ASKED, reason="r",
                state=RequestState.REFUSED, requested_by="system:exam", asked_at=now, expires_at=now, ended_at=now,
                version=1,
            )  # fmt: skip
            self._row(
                LicenseKey, pool_id=pool.id, kind=KeyKind.KEY, secret_sealed="s", secret_hash=str(n), added_at=now,
                added_by="system:exam", version=1,
            )  # fmt: skip
            self._row(
                UsageEvent, source="s", source_id=str(n), type="t", person_id=person if n else None,
                product_id=self.product, occurred_at=now, recorded_at=now, data={},
            )  # fmt: skip
            self._row(
                SupportContact, source="s", case_id=str(n), person_id=self._person(), product_id=self.product,
                channel=Asked.PORTAL, opened_at=now, recorded_at=now,
            )  # fmt: skip
            self._row(
                Notice, person_id=self._person(), channel=Channel.MAIL, text_key="k", facts={}, dedupe_key=str(n),
                next_try_at=now, recorded_at=now,
            )  # fmt: skip

    def _judged(self) -> None:
        now = self.office.clock.now()
        scan = self._row(Scan, as_of=now, started_at=now, roster_version="1").id
        for n in range(3):
            owner = self._person() if self.dice.random() < 0.5 else None
            finding = self._row(
                Finding, check_id=f"c{n}", severity=Severity.HIGH, subject_type="pool", subject_id=uuid4(),
                unit_id=self._unit(), region=self._region(), owner_id=owner, subject_name="S", has="1", needs="0",
                facts={}, rule_version=1, opened_at=now, last_seen_at=now, opened_scan_id=scan, last_seen_scan_id=scan,
            )  # fmt: skip
            self._row(
                FindingStep, finding_id=finding.id, number=1, state=FindingState.OPEN, has="1", needs="0", at=now,
                recorded_at=now, actor="system:exam",
            )  # fmt: skip
            review = self._row(
                Review, title="R", unit_id=self._unit(), state=ReviewState.PREPARED, prepared_by="system:exam",
                prepared_at=now, as_of=now, known_at=now,
            )  # fmt: skip
            self._row(Snapshot, review_id=review.id, content={}, sha256="0", recorded_at=now)
            self._agenda(review.id)
            board = self._row(
                Board, name=f"B{n}", unit_id=self._unit(), quorum=2, chair_needed=False, departments_needed=[],
                created_by="system:exam", created_at=now,
            )  # fmt: skip
            member = self._row(
                BoardMember, board_id=board.id, person_id=self._person(), department="D", seat=Seat.MEMBER, start=now,
                recorded_at=now,
            )  # fmt: skip
            self._row(
                ItemVote, review_id=review.id, item_key="k", member_id=member.id, person_id=member.person_id,
                department="D", choice=Choice.FOR, recorded_at=now,
            )  # fmt: skip
            self._row(
                Alert, rule="r", pool_id=self.pools[n].id, level=Level.WARN, state=AlertState.OPEN, facts={},
                raised_at=now, level_since=now,
            )  # fmt: skip
            self._row(Run, kind=RunKind.SCAN, asked={}, principal=f"person:{self._person()}", created_at=now)
            self._row(
                Entry, recorded_at=now, actor="system:exam", act="unit:edit", subject_type="unit",
                subject_id=self._unit(), request_id=self.tenant_id,
            )  # fmt: skip
            self._row(Sealed, seq=n, hash=bytes(32), root=bytes(32))
            self._row(Checkpoint, size=n + 1, root=bytes(32), sealed_at=now, public_key=bytes(32), signature=bytes(64))

    def _agenda(self, review_id: UUID) -> None:
        """Put something of each kind upon a review: an item with its note and decision, a day, an action judged."""
        now = self.office.clock.now()
        said: dict[str, Any] = {"review_id": review_id, "recorded_at": now}
        self._row(OwnItem, title="O", text="O", kind=ItemKind.TOPIC, added_by="system:exam", **said)
        self._row(ItemNote, item_key="k", text="N", written_by="system:exam", **said)
        self._row(Decision, text="D", decided_by="system:exam", sha256="0", item_key="k", **said)
        self._row(MeetingDay, day=now.date(), recorded_by="system:exam", **said)
        action = self._row(
            ActionItem, what="A", owner_id=self._person(), due_day=now.date(), due_at=now, recorded_by="system:exam",
            **said,
        )  # fmt: skip
        self._row(
            ActionStep, action_id=action.id, number=1, state=ActionState.OPEN, recorded_by="system:exam",
            recorded_at=now,
        )  # fmt: skip
        self._row(AimVerdict, action_id=action.id, verdict=Verdict.CANT_TELL, recorded_at=now)

    def _row(self, kind: type[Any], /, **values: Any) -> Any:
        row = kind(tenant_id=self.tenant_id, id=uuid4(), **values)
        self.rows.append(row)
        return row

    def _owned(self) -> dict[str, Any]:
        owner, deputy = (self._person() if self.dice.random() < 0.5 else None for _ in range(2))
        return {"unit_id": self._unit(), "region": self._region(), "owner_id": owner, "deputy_id": deputy}

    def _unit(self) -> UUID:
        return self.dice.choice(self.units)

    def _person(self) -> UUID:
        return self.dice.choice(self.people)

    def _region(self) -> str:
        return self.dice.choice(REGIONS)
