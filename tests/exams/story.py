"""One of each change of the graph, in an order in which each finds what it needs: what happened, as (mutation, input)."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from api.graphql.engine import encode_node_id
from governance.activation.models import SupportContact, Survey
from governance.agreements.models import Agreement
from governance.alerts.models import Alert
from governance.alerts.rules import POOL_USE, AlertState
from governance.assignment_rules.models import AssignmentRule
from governance.catalog.models import Feature, Product, Tier, TierBond, Vendor
from governance.compliance.models import Finding, Scan
from governance.compliance.rules import Severity
from governance.directory.models import (
    Elevation,
    ExternalIdentity,
    GroupMapping,
    IdentityProvider,
    OrgUnit,
    RoleGrant,
    Token,
)
from governance.entitlements.models import Allocation, Entitlement, LineRight, Lot, MetricLine, Pool
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.holdings.models import HeldSeat, HoldingsReading
from governance.inventory.models import Device
from governance.kernel.sealed import seal
from governance.keys.models import LicenseKey
from governance.keys.rules import KeyKind
from governance.keys.service.adding import PURPOSE
from governance.reorganization.models import PlannedReorganization
from governance.requests.models import SeatRequest
from governance.reviews.models import ActionItem, Board, BoardMember, OwnItem, Review
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, shipped_content
from governance.runs.models import Run
from governance.runs.rules import RunState
from governance.seats.models import Assignment, Lease
from governance.templates.models import TemplateInstance
from policies.access.parties import Role, ScopeKind
from policies.thresholds.threshold import Level
from tests.api.graphql.conftest import Graph
from tests.estate import Estate

Step = tuple[str, dict[str, Any] | None]
LINE = "board_member,seat:read,tenant,allow"
EXAMPLE = {"line": LINE, "allow": ["seat:read tenant inside"], "refuse": ["seat:read tenant foreign"]}
# Signing wants a password proved again a moment ago, which no token has: tests/governance/reviews shows its entry.
# Sessions and second factors are of people with a password: tests/api/graphql/test_identity shows theirs. An
# import that was tried, and one to be undone, must have run before: tests/governance/imports shows theirs. A heartbeat
# that only renews changes nothing but until when, and leaves no entry: tests/governance/seats. One's own license key is
# shown to its holder alone, who does not tell this story: tests/governance/keys.
ELSEWHERE = {
    "heartbeatLeases",
    "revealOwnLicenseKey",
    "endOtherSessions",
    "endSession",
    "resetSecondFactor",
    "signReview",
    "importTried",
    "undoImport",
}


class Story:
    """Tells the steps; each is done before the next is asked for, so that a step finds what the last one made."""

    def __init__(self, estate: Estate, graph: Graph) -> None:
        self.estate, self.graph = estate, graph
        self.units = {code: encode_node_id("Unit", unit_id) for code, unit_id in estate.units.items()}

    def person(self, name: str) -> str:
        return encode_node_id("Person", self.estate.people[name])

    async def row(self, kind: type[Any], **narrowed: Any) -> Any:
        async with self.estate.office.database.read(self.estate.tenant_id) as session:
            query = select(kind).filter_by(tenant_id=self.estate.tenant_id, **narrowed).order_by(kind.id.desc())
            return (await session.execute(query)).scalars().first()

    async def token(self, preview: str, argument: str, kind: str, given: Any, *, shown: str = "Preview") -> str:
        asked = f"query($x: {kind}!) {{ {preview}({argument}: $x) {{ ... on {shown} {{ token }} }} }}"
        return (await self.graph.ask(asked, x=given))[preview]["token"]

    async def shown(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Give an input with the token of its preview."""
        kind = {"shown": "ReorganizationPreview"} if name != "HandOver" else {"shown": "HandoverPreview"}
        preview = f"preview{name}" if name != "HandOver" else "previewHandover"
        return given | {"token": await self.token(preview, "input", f"{name}Input", given, **kind)}

    async def steps(self) -> AsyncIterator[Step]:
        for chapter in (
            self.directory,
            self.catalog,
            self.licenses,
            self.seats,
            self.asked,
            self.keys,
            self.fulfilled,
            self.ruled,
            self.lent,
            self.devices,
            self.journeys,
            self.renewals,
            self.judged,
            self.rules,
            self.templates,
            self.leaving,
        ):
            async for step in chapter():
                yield step

    async def directory(self) -> AsyncIterator[Step]:
        unit = {"code": "new", "name": "New", "parent": self.units["halden"], "region": "150"}
        yield "addUnit", unit
        new = encode_node_id("Unit", (await self.row(OrgUnit, code="new")).id)
        move = {"unit": new, "parent": self.units["sales"], "reason": "nearer"}
        yield "moveUnit", await self.shown("MoveUnit", move)
        split = {"unit": self.units["sales"], "code": "part", "name": "Part", "reason": "grown", "children": [new]}
        yield "splitUnit", await self.shown("SplitUnit", split)
        part = encode_node_id("Unit", (await self.row(OrgUnit, code="part")).id)
        merge = {"unit": part, "into": self.units["sales"], "reason": "shrunk"}
        yield "mergeUnits", await self.shown("MergeUnits", merge)
        ahead = {"reason": "next year", "at": (self.estate.office.clock.now() + timedelta(days=9)).isoformat()}
        later = {"unit": self.units["sales-emea"], "parent": self.units["it"]} | ahead
        yield "planMoveUnit", await self.shown("MoveUnit", later)
        one = await self.row(PlannedReorganization)
        yield "withdrawReorganization", {"planned": encode_node_id("PlannedReorganization", one.id), "reason": "r"}
        later = {"unit": self.units["sales-emea"], "into": self.units["it"]} | ahead
        yield "planMergeUnits", await self.shown("MergeUnits", later)
        later = {"unit": self.units["sales"], "code": "far", "name": "Far", "children": [new]} | ahead
        yield "planSplitUnit", await self.shown("SplitUnit", later)
        yield "endUnit", {"unit": new, "reason": "empty"}
        person = {"externalId": "dora", "name": "Dora", "mail": "dora@halden.example", "country": "CH"}
        yield "upsertPerson", person | {"unit": self.units["it"]}
        yield "createAccount", {"person": self.person("cleo"), "login": "cleo", "password": "correct horse battery"}
        yield "createServiceAccount", {"name": "ci", "unit": self.units["it"]}
        yield "grantRole", {"role": "AUDITOR", "scope": "TENANT", "person": self.person("cleo"), "reason": "audits"}
        grant = await self.row(RoleGrant, person_id=self.estate.people["cleo"])
        yield "endGrant", {"grant": encode_node_id("RoleGrant", grant.id), "reason": "over"}
        now = self.estate.office.clock.now()
        wanted = {"role": "AUDITOR", "scope": "TENANT", "hours": 4, "reason": "the proof"}
        yield "askElevation", wanted
        own = await self.row(Elevation)
        yield "withdrawElevation", {"elevation": encode_node_id("Elevation", own.id)}
        for verb in ("refuse", "approve"):
            row = Elevation(
                **self.estate.key(), person_id=self.estate.people["ben"], role=Role.AUDITOR, scope=ScopeKind.TENANT,
                hours=4, reason="proof", asked_at=now, expires_at=now + timedelta(days=3),
            )  # fmt: skip
            await self.estate.add(row)
            yield f"{verb}Elevation", {"elevation": encode_node_id("Elevation", row.id), "note": "said"}
        yield "endElevation", {"elevation": encode_node_id("Elevation", row.id), "reason": "done"}
        yield "createToken", {"name": "short", "person": self.person("admin"), "actions": ["UNIT_READ"]}
        yield "revokeToken", {"token": encode_node_id("Token", (await self.row(Token, name="short")).id)}
        async for step in self.identity():
            yield step
        people = b"external_id,name,mail,unit,country\neve,Eve,eve@halden.example,it,CH\n"
        yield "importPeople", {"name": "people.csv", "content": base64.b64encode(people).decode()}

    async def identity(self) -> AsyncIterator[Step]:
        provider = {"name": "Login", "issuer": "https://login.halden.example", "clientId": "lictor"}
        yield "addIdentityProvider", provider
        row = await self.row(IdentityProvider)
        given = {"provider": encode_node_id("IdentityProvider", row.id)}
        changed = {"name": "Login", "clientId": "lictor-2", "scopes": ["openid"], "groupsClaim": "groups"}
        yield "changeIdentityProvider", given | changed | {"expectedVersion": row.version}
        mapped = {"groupName": "audit", "role": "AUDITOR", "scope": "TENANT", "reason": "the team"}
        yield "mapGroup", given | mapped
        mapping = encode_node_id("GroupMapping", (await self.row(GroupMapping)).id)
        yield "endGroupMapping", {"mapping": mapping, "reason": "over"}
        yield "linkIdentity", given | {"person": self.person("cleo"), "subject": "cleo-at-login"}
        identity = encode_node_id("ExternalIdentity", (await self.row(ExternalIdentity)).id)
        yield "unlinkIdentity", {"identity": identity, "reason": "another"}
        yield "endIdentityProvider", given | {"reason": "over"}

    async def catalog(self) -> AsyncIterator[Step]:
        yield "addVendor", {"name": "Contoso"}
        vendor = encode_node_id("Vendor", (await self.row(Vendor, name="Contoso")).id)
        yield "addProduct", {"code": "suite", "name": "Suite", "vendor": vendor}
        product = encode_node_id("Product", (await self.row(Product, code="suite")).id)
        yield "addTier", {"code": "pro", "name": "Pro", "product": product, "rank": 1}
        yield "addFeature", {"code": "mail", "name": "Mail"}
        tier = encode_node_id("Tier", (await self.row(Tier, code="pro")).id)
        feature = encode_node_id("Feature", (await self.row(Feature, code="mail")).id)
        yield "grantFeature", {"tier": tier, "feature": feature}
        yield "setListPrice", {"tier": tier, "currency": "USD", "unitPrice": "36.00"}
        async for step in self.suites(vendor, tier):
            yield step
        yield "decideApproval", {"product": product, "status": "APPROVED", "reason": "needed"}
        agreement = {"number": "EA-9", "title": "Suite", "vendor": vendor, "unit": self.units["halden"]}
        terms = {"currency": "USD", "zone": "UTC", "firstDay": "2026-01-01", "lastDay": "2026-12-31"}
        yield "signAgreement", agreement | terms
        agreement_id = encode_node_id("Agreement", (await self.row(Agreement, number="EA-9")).id)
        amended = {"agreement": agreement_id, "expectedVersion": 1, "changes": {"title": "Suite 2"}}
        yield "amendAgreement", amended | {"reason": "REQUESTED", "effectiveDay": "2026-03-01"}
        lines = [{"code": "named", "model": "NAMED_USER", "term": "SUBSCRIPTION"}]
        lines.append({"code": "meter", "model": "METERED", "term": "SUBSCRIPTION"})
        lines = [line | {"spillOrder": order} for order, line in enumerate(lines)]
        named = {"agreement": agreement_id, "code": "suite", "name": "Suite", "product": product}
        yield "grantEntitlement", named | {"unit": self.units["halden"], "lines": lines}

    async def suites(self, vendor: str, suite: str) -> AsyncIterator[Step]:
        yield "addProduct", {"code": "part", "name": "Part", "vendor": vendor, "releases": True}
        part = encode_node_id("Product", (await self.row(Product, code="part")).id)
        yield "bondTiers", {"tier": suite, "kind": "CONTAINS", "reason": "its terms", "products": [part]}
        yield "endTierBond", {"bond": encode_node_id("TierBond", (await self.row(TierBond)).id), "reason": "no more"}

    async def licenses(self) -> AsyncIterator[Step]:
        entitlement = await self.row(Entitlement, code="suite")
        line = encode_node_id(
            "MetricLine", (await self.row(MetricLine, entitlement_id=entitlement.id, code="named")).id
        )
        meter = encode_node_id("MetricLine", (await self.row(MetricLine, code="meter")).id)
        granted = {"line": line, "kind": "DOWNGRADE", "clause": "clause 7", "firstDay": "2026-01-01", "levels": 1}
        yield "grantLineRight", granted
        right = encode_node_id("LineRight", (await self.row(LineRight)).id)
        yield "endLineRight", {"right": right, "lastDay": "2026-12-31"}
        reading = {"quantity": 7, "firstDay": "2026-03-01"}
        yield "recordConsumption", {"line": meter, "source": "billing", "readings": [reading]}
        stricter = {"line": meter, "expectedVersion": 1, "changes": {"overage": "TRUE_UP"}}
        token = await self.token("previewChangeLine", "input", "ChangeLineInput", stricter, shown="LineChangePreview")
        yield "changeLine", stricter | {"token": token}
        changes = {"name": "The suite"}
        given = {"entitlement": encode_node_id("Entitlement", entitlement.id), "expectedVersion": entitlement.version}
        yield "correctEntitlement", given | {"changes": changes}
        price = {"currency": "USD", "unitPrice": "10", "zone": "UTC", "included": ["001"], "excluded": []}
        days = {"firstDay": "2026-01-01", "lastDay": "2026-12-31"}
        yield "buyLot", {"line": line, "quantity": 9} | price | days
        lot = await self.row(Lot, quantity=9)
        yield "openPool", {"line": line, "code": "all", "name": "All", "unit": self.units["halden"]}
        pool = encode_node_id("Pool", (await self.row(Pool, code="all")).id)
        lots = (await self.graph.ask("{ lots(first: 9) { nodes { id version quantity } } }"))["lots"]["nodes"]
        [version] = [found for found in lots if found["quantity"] == lot.quantity]
        yield "allocate", {"lot": version["id"], "pool": pool, "quantity": 5}
        allocation = encode_node_id("Allocation", (await self.row(Allocation, quantity=5)).id)
        yield "changeAllocation", {"allocation": allocation, "quantity": 8, "reason": "REQUESTED"}
        yield "openPool", {"line": line, "code": "beside", "name": "Beside", "unit": self.units["halden"]}
        beside = encode_node_id("Pool", (await self.row(Pool, code="beside")).id)
        allocation = encode_node_id("Allocation", (await self.row(Allocation, quantity=8, superseded_at=None)).id)
        move = {"allocation": allocation, "toPool": beside, "quantity": 2}
        token = await self.token("moveAllocationPreview", "input", "MoveAllocationInput", move)
        yield "moveAllocation", move | {"token": token}
        shares = [{"pool": pool, "quantity": 8}, {"pool": beside, "quantity": 1}]
        split = {"lot": version["id"], "shares": shares}
        central = {"code": "CENTRAL", "name": "Central", "included": ["DE", "AT"], "fromDay": "2026-01-01"}
        yield "defineRegionGroup", central
        yield "splitLot", split | {"token": await self.token("splitLotPreview", "input", "SplitLotInput", split)}
        correction = {"lot": version["id"], "expected": version["version"], "reason": "INCORRECT_INPUT"}
        yield "correctLot", correction | {"changes": {"poNumber": f"PO {lot.quantity}"}}

    async def seats(self) -> AsyncIterator[Step]:
        pool = encode_node_id("Pool", (await self.row(Pool, code="all")).id)
        people = [self.person(name) for name in ("ada", "ben")]
        yield "assignSeats", {"pool": pool, "people": people, "invite": False}
        seat = await self._seat("ada")
        for verb in ("suspendSeat", "resumeSeat"):
            yield verb, {"seat": seat}
        yield "proposeReclaim", {"seat": seat}
        yield "keepSeat", {"seat": seat}
        beside = encode_node_id("Pool", (await self.row(Pool, code="beside")).id)
        move = {"seats": [seat], "toPool": beside}
        token = await self.token("previewTransfer", "input", "TransferSeatsInput", move, shown="TransferPreview")
        yield "transferSeats", move | {"token": token}
        product = (await self.row(Product, code="suite")).id
        other = await self.estate.license("next-tier", product_id=product, pool_unit="halden")
        step = {"seats": [await self._seat("ada")], "toPool": encode_node_id("Pool", other.pools["main"])}
        token = await self.token("previewRetier", "input", "RetierSeatsInput", step, shown="RetierPreview")
        yield "retierSeats", step | {"token": token}
        seat = await self._seat("ada")
        yield "releaseSeats", {"seats": [seat]}
        line = encode_node_id("MetricLine", (await self.row(Assignment)).line_id)
        yield "raiseRevocationCap", {"line": line, "seats": 2, "reason": "the office closes"}
        yield "setRevocationCap", {"line": line, "percent": "50", "reason": "the office closes"}
        yield "assignSeats", {"pool": pool, "people": [self.person("admin")], "invite": True}
        yield "declineSeat", {"seat": await self._seat("admin")}
        yield "assignSeats", {"pool": pool, "people": [self.person("admin")], "invite": True}
        yield "acceptSeat", {"seat": await self._seat("admin")}
        entitlement = encode_node_id("Entitlement", (await self.row(Entitlement, code="suite")).id)
        yield "seatInLicense", {"entitlement": entitlement, "people": [self.person("auditor")]}

    async def asked(self) -> AsyncIterator[Step]:
        pool = encode_node_id("Pool", (await self.row(Pool, code="all")).id)
        for who, verb in (("ada", "approve"), ("board-sales", "refuse")):
            yield "requestSeat", {"pool": pool, "person": self.person(who), "reason": "a customer's files"}
            row = await self.row(SeatRequest, person_id=self.estate.people[who])
            await self._by(row, self.estate.people["ben"])
            given = {"request": encode_node_id("SeatRequest", row.id)}
            yield f"{verb}SeatRequest", given if verb == "approve" else given | {"note": "the free one will do"}
        yield "requestSeat", {"pool": pool, "person": self.person("board-finance"), "reason": "to look once"}
        row = await self.row(SeatRequest, person_id=self.estate.people["board-finance"])
        yield "withdrawSeatRequest", {"request": encode_node_id("SeatRequest", row.id)}

    async def keys(self) -> AsyncIterator[Step]:
        pool = await self.row(Pool, code="all")
        seat = await self.row(Assignment, pool_id=pool.id, released_at=None)
        yield "addLicenseKeys", {"pool": encode_node_id("Pool", pool.id), "keys": [{"key": "AAAA-BBBB-CCCC-0001"}]}
        first = await self.row(LicenseKey)
        yield "retireLicenseKey", {"licenseKey": encode_node_id("LicenseKey", first.id), "reason": "mistyped"}
        own, office = self.estate.key(), self.estate.office
        sealed = seal(office.secret, office.ids, purpose=PURPOSE, about=str(own["id"]), text="AAAA-0002")
        free = await self.estate.add(
            LicenseKey(
                **own, pool_id=pool.id, kind=KeyKind.KEY, secret_hash="f" * 64, secret_sealed=sealed, reusable=True,
                added_by="system:tests", added_at=office.clock.now(), version=1,
            )
        )  # fmt: skip
        given = {"licenseKey": encode_node_id("LicenseKey", free.id)}
        yield "bindLicenseKey", given | {"seat": encode_node_id("Seat", seat.id)}
        yield "revealLicenseKey", given | {"reason": "the machine was set up anew"}

    async def _by(self, row: SeatRequest, person_id: UUID) -> None:
        """Let it be somebody else who asked: this story has one teller, and nobody decides on their own request."""
        async with self.estate.office.database.write(self.estate.tenant_id) as session:
            asked = await session.get_one(SeatRequest, (row.tenant_id, row.id))
            asked.requested_by = f"person:{person_id}"

    async def fulfilled(self) -> AsyncIterator[Step]:
        suite, now, new = await self.row(Entitlement, code="suite"), self.estate.office.clock.now(), self.estate.key
        pool, admin = await self.row(Pool, code="all"), self.estate.people["admin"]
        yield "setPoolFulfillment", {"pool": encode_node_id("Pool", pool.id), "mode": "CONNECTOR"}
        order = await self.estate.add(
            WorkOrder(
                **new(), pool_id=pool.id, person_id=admin, account="dana", act=OrderAct.REVOKE, mode=Mode.CONNECTOR,
                state=Fulfilled.PENDING, asked_at=now, asked_by="system:tests", attempts=0, version=1,
            )
        )  # fmt: skip
        named = {"order": encode_node_id("WorkOrder", order.id)}
        yield "confirmWorkOrder", named | {"outcome": "FAILED", "error": "no such account"}
        yield "retryWorkOrder", named
        reading = await self.estate.add(
            HoldingsReading(
                **new(), source="m365", instance="m365", complete=True, seats=1, observed_at=now, recorded_at=now,
                recorded_by="system:tests",
            )
        )  # fmt: skip
        held = {"person_id": await self.estate.person("gus"), "product_id": suite.product_id, "quantity": 1}
        await self.estate.add(HeldSeat(**new(), reading_id=reading.id, account="gus", **held))
        license_ = encode_node_id("Entitlement", suite.id)
        asked = "query($x: ID!) { fourWayView(license: $x) { held differences { key remedy person { name } } } }"
        view = (await self.graph.ask(asked, x=license_))["fourWayView"]
        [key] = [one["key"] for one in view["differences"] if one["remedy"] == "REVOKE_THERE"]
        given = {"license": license_, "differences": [key]}
        token = await self.token("previewSettling", "input", "SettleDifferencesInput", given, shown="SettlePreview")
        yield "settleDifferences", given | {"token": token}

    async def ruled(self) -> AsyncIterator[Step]:
        suite = await self.row(Entitlement, code="suite")
        given = {"code": "finance", "name": "Finance", "product": encode_node_id("Product", suite.product_id)}
        given |= {"unit": self.units["finance"], "reason": "they all work with it"}
        kind, shown = "ApplyAssignmentRuleInput", "AssignmentRulePreview"
        token = await self.token("previewAssignmentRule", "input", kind, given, shown=shown)
        yield "applyAssignmentRule", given | {"token": token}
        over = {"rule": encode_node_id("AssignmentRule", (await self.row(AssignmentRule)).id), "reason": "no longer"}
        kind, preview = "EndAssignmentRuleInput", "previewEndOfAssignmentRule"
        token = await self.token(preview, "input", kind, over, shown=shown)
        yield "endAssignmentRule", over | {"token": token}

    async def lent(self) -> AsyncIterator[Step]:
        named = await self.row(Entitlement, code="suite")
        product = encode_node_id("Product", named.product_id)
        given = {"agreement": encode_node_id("Agreement", named.agreement_id), "code": "cad", "name": "CAD"}
        lines = [{"code": "floating", "model": "CONCURRENT_USER", "term": "SUBSCRIPTION"}]
        yield "grantEntitlement", given | {"product": product, "unit": self.units["halden"], "lines": lines}
        line = encode_node_id("MetricLine", (await self.row(MetricLine, code="floating")).id)
        price = {"currency": "USD", "unitPrice": "10", "zone": "UTC", "included": ["001"], "excluded": []}
        yield "buyLot", {"line": line, "quantity": 1, "firstDay": "2026-01-01", "lastDay": "2026-12-31"} | price
        yield "openPool", {"line": line, "code": "floating", "name": "Floating", "unit": self.units["halden"]}
        pool = encode_node_id("Pool", (await self.row(Pool, code="floating")).id)
        lots = (await self.graph.ask("{ lots(first: 9) { nodes { id quantity } } }"))["lots"]["nodes"]
        [lot] = [found for found in lots if found["quantity"] == 1]
        yield "allocate", {"lot": lot["id"], "pool": pool, "quantity": 1}
        yield "setLeaseTerms", {"pool": pool, "borrowDays": 7}
        client = {"pool": pool, "person": self.person("ben"), "client": "ben@ws-1"}
        yield "acquireLease", client
        lease = await self.row(Lease)
        held = {"lease": encode_node_id("Lease", lease.id), "token": lease.token}
        yield "acquireLease", client | {"person": self.person("admin"), "client": "admin@ws-2", "waitsS": 600}
        yield "leaveLeaseQueue", {"pool": pool, "client": "admin@ws-2"}
        yield "borrowLease", held | {"until": self.estate.office.clock.now().date().isoformat()}
        yield "releaseLease", held
        chosen = {"product": product, "person": self.person("ben"), "client": "ben@ws-1"}
        yield "acquireLeaseByProduct", chosen

    async def devices(self) -> AsyncIterator[Step]:
        suite = await self.row(Entitlement, code="suite")
        given = {"agreement": encode_node_id("Agreement", suite.agreement_id), "code": "node", "name": "Node"}
        given |= {"product": encode_node_id("Product", suite.product_id), "unit": self.units["halden"]}
        line = {"code": "node", "model": "NODE_LOCKED", "term": "SUBSCRIPTION", "overage": "ALLOW_AND_FLAG"}
        yield "grantEntitlement", given | {"lines": [line]}
        node = encode_node_id("MetricLine", (await self.row(MetricLine, code="node")).id)
        days = {"firstDay": "2026-01-01", "lastDay": "2026-12-31"}
        price = {"currency": "USD", "unitPrice": "10", "zone": "UTC", "included": ["001"], "excluded": []}
        yield "buyLot", {"line": node, "quantity": 6} | price | days
        lots = (await self.graph.ask("{ lots(first: 9) { nodes { id quantity } } }"))["lots"]["nodes"]
        [lot] = [found["id"] for found in lots if found["quantity"] == 6]
        pools = []
        for code in ("racks", "desks"):
            yield "openPool", {"line": node, "code": code, "name": code, "unit": self.units["halden"]}
            pools.append(encode_node_id("Pool", (await self.row(Pool, code=code)).id))
            yield "allocate", {"lot": lot, "pool": pools[-1], "quantity": 3}
        kept = {"keeper": self.person("admin"), "unit": self.units["halden"]}
        yield "registerDevice", {"code": "esx-1", "name": "ESX 1", "kind": "HOST", "cores": 8} | kept
        device = encode_node_id("Device", (await self.row(Device, code="esx-1")).id)
        seen = [{"product": given["product"], "release": "26.2", "releasedOn": "2026-02-01"}]
        yield "recordInstallations", {"device": device, "source": "agent", "seen": seen}
        yield "assignDevices", {"pool": pools[0], "devices": [device]}
        yield "moveDevice", {"device": device, "fromPool": pools[0], "toPool": pools[1]}
        yield "retireDevice", {"device": device}

    async def journeys(self) -> AsyncIterator[Step]:
        product = await self.row(Product, code="suite")
        given = {"product": encode_node_id("Product", product.id)}
        yield "declareJourney", given | {"valueType": "seat.used", "valueFeature": "mail"}
        yield "declareErrorText", given | {"code": "E-17", "title": "No license server"}
        seat = await self.row(Assignment, person_id=self.estate.people["admin"])
        yield "openSupportContact", {"seat": encode_node_id("Seat", seat.id), "note": "It asks for a code."}
        contact = await self.row(SupportContact)
        yield "closeSupportContact", {"contact": encode_node_id("SupportContact", contact.id), "expectedVersion": 1}
        survey = await self.estate.add(
            Survey(
                **self.estate.key(), assignment_id=seat.id, person_id=seat.person_id, product_id=product.id,
                asked_at=self.estate.office.clock.now(),
            )
        )  # fmt: skip
        yield "answerActivationSurvey", {"survey": encode_node_id("ActivationSurvey", survey.id), "score": 6}

    async def renewals(self) -> AsyncIterator[Step]:
        entitlement = await self.row(Entitlement, code="suite")
        line = await self.row(MetricLine, entitlement_id=entitlement.id, code="named")
        lot = await self.row(Lot, line_id=line.id, superseded_at=None)
        given = {"renewal": encode_node_id("Renewal", lot.lot_key)}
        said = {"day": "2026-03-01", "withWhom": "Ms. Ito", "channel": "CALL", "summary": "The price stays."}
        yield "recordConversation", given | said
        yield "giveNotice", given | {"day": "2026-03-01", "reference": "letter 7"}
        yield "recordOutcome", given | {"stage": "INTENDED", "outcome": "RENEWED"}
        price = {"currency": "USD", "unitPrice": "10", "zone": "UTC", "included": ["001"], "excluded": []}
        days = {"firstDay": "2027-01-01", "lastDay": "2027-12-31"}
        yield "buyLot", {"line": encode_node_id("MetricLine", line.id), "quantity": 7} | price | days
        later = await self.row(Lot, line_id=line.id, quantity=7)
        yield "linkRenewal", given | {"by": encode_node_id("Renewal", later.lot_key)}
        yield "unlinkRenewal", given | {"by": encode_node_id("Renewal", later.lot_key), "reasonText": "bought anew"}
        table = b"number,title\nEA-77,Nothing\n"
        file = {"format": "AGREEMENTS", "name": "agreements.csv", "dryRun": True}
        yield "importFile", file | {"content": base64.b64encode(table).decode()}

    async def judged(self) -> AsyncIterator[Step]:
        yield "acknowledgeFinding", {"finding": await self._finding("one"), "expectedVersion": 1}
        until = {"reason": "known", "until": "2026-06-01T00:00:00Z"}
        yield "waiveFinding", {"finding": await self._finding("two"), "expectedVersion": 1} | until
        yield "acknowledgeAlert", {"alert": await self._alert(), "expectedVersion": 1}
        yield "startScan", None
        waiting = await self.row(Run, state=RunState.WAITING)
        yield "cancelRun", {"run": encode_node_id("Run", waiting.id)}
        yield "requestReport", {"name": "license_review"}
        yield "prepareReview", {"title": "Spring", "unit": self.units["halden"]}
        review = encode_node_id("Review", (await self.row(Review)).id)
        yield "decideReview", {"review": review, "expectedVersion": 1, "text": "Keep."}
        yield "createBoard", {"name": "License board", "unit": self.units["halden"]}
        board = encode_node_id("Board", (await self.row(Board)).id)
        yield "addBoardMember", {"board": board, "person": self.person("admin"), "department": "IT"}
        later = {"end": "2100-01-01T00:00:00Z"}
        yield "endBoardMember", {"member": encode_node_id("BoardMember", (await self.row(BoardMember)).id)} | later
        yield "prepareBoardReview", {"board": board}
        async for step in self.met():
            yield step

    async def met(self) -> AsyncIterator[Step]:
        """The board meets over its review: an item of its own, minutes, a vote, a decision, something to do."""
        review = {"review": encode_node_id("Review", (await self.row(Review)).id)}
        yield "scheduleMeeting", review | {"day": "2100-01-01"}
        yield "addAgendaItem", review | {"title": "Return seats", "text": "All unused ones.", "kind": "PROPOSAL"}
        item = review | {"item": (await self.row(OwnItem)).key}
        yield "noteAgendaItem", item | {"text": "Sales agrees."}
        yield "castVote", item | {"choice": "FOR"}
        yield "decideAgendaItem", item | {"outcome": "DEFERRED", "text": "Next time."}
        yield "assignAction", item | {"what": "Ask", "owner": self.person("admin"), "dueDay": "2100-01-01"}
        yield "closeAction", {"action": encode_node_id("ActionItem", (await self.row(ActionItem)).id), "state": "DONE"}

    async def rules(self) -> AsyncIterator[Step]:
        shipped = shipped_content(PolicyKind.ROLES)["lines"]
        for number, (lines, examples) in enumerate([([*shipped, LINE], [EXAMPLE]), (shipped, [])], start=1):
            yield "draftPolicy", {"kind": "ROLES", "content": {"lines": lines}, "examples": examples, "note": "so"}
            yield "publishPolicy", await self._version(number)
        yield "rollbackPolicy", await self._version(1)

    async def _version(self, number: int, subject: str = "") -> dict[str, Any]:
        version = encode_node_id("PolicyVersion", (await self.row(PolicyVersion, subject=subject, number=number)).id)
        token = await self.token("policyPreview", "version", "ID", version, shown="PolicyPreview")
        return {"version": version, "token": token, "reason": "so"}

    async def templates(self) -> AsyncIterator[Step]:
        """A template is drafted and published twice, a license made of it, ruled by hand, kept so, and brought along."""
        content = {
            "title": "Seats", "lines": {"main": {"model": "NAMED_USER", "term": "PERPETUAL", "supply": {"quantity": 9}}},
            "pools": {"half": {"percent": 50}}, "alerts": {"use": {"warn": 70}},
        }  # fmt: skip
        suite = await self.row(Entitlement, code="suite")
        product = (await self.row(Product, id=suite.product_id)).code
        agreement = encode_node_id("Agreement", suite.agreement_id)
        draft = {"kind": "TEMPLATE", "subject": "seats", "examples": [], "note": "so"}
        yield "draftPolicy", draft | {"content": content}
        yield "publishPolicy", await self._version(1, subject="seats")
        first = await self._template(1)
        wish = {"version": first, "agreement": agreement, "code": "made", "name": "Made", "firstDay": "2026-03-01"}
        wish |= {"unit": self.units["halden"], "overrides": {"product": product}}
        token = await self.token("previewMakeLicense", "input", "MakeLicenseInput", wish, shown="MakeLicensePreview")
        yield "makeLicense", wish | {"token": token}
        made = await self.row(TemplateInstance)
        license_ = encode_node_id("Entitlement", made.entitlement_id)
        yield "setLicenseRules", {"license": license_, "expectedVersion": 1, "use": {"warn": 60}}
        instance = encode_node_id("TemplateInstance", made.id)
        yield "overrideTemplate", {"instance": instance, "expectedVersion": 1, "keep": ["alerts.use.warn"]}
        yield "draftPolicy", draft | {"content": content | {"pools": {"half": {"percent": 60}}}}
        yield "publishPolicy", await self._version(2, subject="seats")
        second = await self._template(2)
        yield "applyTemplate", await self._foreseen({"version": second, "instances": [instance]})
        yield "requestApplyTemplate", await self._foreseen({"version": first, "instances": [instance]})
        held = encode_node_id("Entitlement", suite.id)
        yield "holdLicense", {"version": second, "license": held}
        live = encode_node_id("PolicyVersion", (await self.row(PolicyVersion, subject="seats", number=2)).id)
        yield "retireTemplate", {"version": live, "reason": "no longer bought"}

    async def _template(self, number: int) -> str:
        row = await self.row(PolicyVersion, subject="seats", number=number)
        return encode_node_id("TemplateVersion", row.id)

    async def _foreseen(self, given: dict[str, Any]) -> dict[str, Any]:
        shown = {"shown": "ApplyTemplatePreview"}
        return given | {
            "token": await self.token("previewApplyTemplate", "input", "ApplyTemplateInput", given, **shown)
        }

    async def leaving(self) -> AsyncIterator[Step]:
        pool = await self.row(Pool, code="all")
        given = {"pool": encode_node_id("Pool", pool.id), "expectedVersion": pool.version, "reason": "REQUESTED"}
        token = await self.token("closePoolPreview", "input", "ClosePoolInput", given)
        yield "closePool", given | {"token": token}
        yield "markLeft", {"person": self.person("ben")}
        owner = encode_node_id("Person", await self._an_owner())
        handed = {"giver": owner, "taker": self.person("cleo"), "reason": "leaves"}
        yield "handOver", await self.shown("HandOver", handed)

    async def _an_owner(self) -> UUID:
        async with self.estate.office.database.read(self.estate.tenant_id) as session:
            mine = (Agreement.tenant_id == self.estate.tenant_id, Agreement.owner_id.is_not(None))
            owned = select(Agreement.owner_id).where(*mine).limit(1)
            return (await session.execute(owned)).scalar_one()

    async def _seat(self, name: str) -> str:
        seat = await self.row(Assignment, person_id=self.estate.people[name], released_at=None)
        return encode_node_id("Seat", seat.id)

    async def _finding(self, check: str) -> str:
        estate, now = self.estate, self.estate.office.clock.now()
        scan = await estate.add(Scan(**estate.key(), as_of=now, started_at=now, roster_version="1"))
        row = Finding(
            **estate.key(), check_id=check, severity=Severity.HIGH, subject_type="pool", subject_id=uuid4(),
            unit_id=estate.units["it"], region="001", subject_name="S", has="1", needs="0", facts={}, rule_version=1,
            opened_at=now, last_seen_at=now, opened_scan_id=scan.id, last_seen_scan_id=scan.id,
        )  # fmt: skip
        return encode_node_id("Finding", (await estate.add(row)).id)

    async def _alert(self) -> str:
        estate, now = self.estate, self.estate.office.clock.now()
        pool: UUID = (await self.row(Pool, code="all")).id
        row = Alert(
            **estate.key(), rule=POOL_USE, pool_id=pool, level=Level.WARN, state=AlertState.OPEN, facts={},
            raised_at=now, level_since=now,
        )  # fmt: skip
        return encode_node_id("Alert", (await estate.add(row)).id)
