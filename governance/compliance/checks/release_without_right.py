"""Every release installed is one that its keeper has a right to: by a seat, a suite, a downgrade or second-use right.

Of products whose tiers are releases: a newer one covers an older one by a dated downgrade right alone. A release that
the catalog does not know by its code is not judged: what is missing is no breach.
"""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from governance.catalog.models import Product, Tier
from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.entitlements.covering import keys_covered, keys_of_lines
from governance.entitlements.models import LineRight
from governance.entitlements.rights import right_holds
from governance.entitlements.rules import RightKind
from governance.inventory.models import Device, Installation
from governance.seats.device_queries import PREFIX, first_device, second_device
from governance.seats.lease_queries import lent_at
from governance.seats.models import Lease


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the installations of releases that no right of the device, or of who keeps it, reaches."""
    held, line = _held(facts), keys_of_lines(facts.tenant_id, facts.known_at).cte("keys_of_lines")
    reaches = (
        select(held.c.line_id)
        .join(line, line.c.line_id == held.c.line_id)
        .where(held.c.device_id == Device.id, or_(_covers(facts, line), _downgrades(facts, line)))
        .correlate(Device, Tier)
    )
    return (
        select(
            literal("installation", String).label("subject_type"),
            Installation.id.label("subject_id"),
            (Product.name + " " + Installation.release + " / " + Device.code).label("subject_name"),
            Device.unit_id,
            Device.region,
            Device.person_id.label("owner_id"),
            (Product.name + " " + Installation.release).label("has"),
            literal("a seat of it, or of a newer release with a downgrade right", String).label("needs"),
            Installation.release,
        )
        .join_from(Installation, Device, and_(Device.tenant_id == facts.tenant_id, Device.id == Installation.device_id))
        .join(Product, and_(Product.tenant_id == facts.tenant_id, Product.id == Installation.product_id))
        .join(
            Tier,
            and_(Tier.tenant_id == facts.tenant_id, Tier.product_id == Product.id, Tier.code == Installation.release),
        )
        .where(
            Installation.tenant_id == facts.tenant_id, Product.releases.is_(True),
            Installation.first_seen_at <= facts.as_of,
            or_(Installation.gone_at.is_(None), Installation.gone_at > min(facts.as_of, facts.known_at)),
            ~reaches.exists(),
        )
    )  # fmt: skip


def _held(facts: Facts) -> Any:
    """Give the lines each device has a right by: its keeper's seats, its own, a second one by what it goes with."""
    usable, supplied = facts.seats_usable().cte("seats_usable"), facts.pools_supplied()
    other, device = aliased(Device), aliased(Device)
    own = device.tenant_id == facts.tenant_id
    second = (
        select(LineRight.id)
        .where(
            LineRight.tenant_id == facts.tenant_id, LineRight.line_id == Lease.line_id,
            LineRight.kind == RightKind.SECOND_USE, right_holds(facts.as_of, facts.known_at),
        )
        .correlate(Lease)
    )  # fmt: skip
    by_seat = (
        select(device.id.label("device_id"), usable.c.line_id)
        .join(usable, usable.c.person_id == device.person_id)
        .where(own, usable.c.pool_id.in_(supplied))
    )
    by_device = (
        select(device.id, Lease.line_id)
        .join(other, and_(other.tenant_id == device.tenant_id, other.person_id == device.person_id))
        .join(Lease, and_(Lease.tenant_id == other.tenant_id, Lease.client == PREFIX + other.code))
        .where(
            own, lent_at(facts.as_of), Lease.pool_id.in_(supplied),
            or_(other.id == device.id, and_(first_device(other), second_device(device, facts.as_of), second.exists())),
        )
    )  # fmt: skip
    return by_seat.union(by_device).cte("held_for_devices")


def _covers(facts: Facts, line: Any) -> Any:
    covered = keys_covered(facts.tenant_id, facts.as_of, facts.known_at).cte("keys_covered")
    found = select(covered.c.key).where(covered.c.held == line.c.key, covered.c.key == Tier.id)
    return found.correlate(line, Tier).exists()


def _downgrades(facts: Facts, line: Any) -> Any:
    """Say whether a right of the line reaches back to the release: so many older ones, or any."""
    newer, between = aliased(Tier), aliased(Tier)
    steps = (
        select(func.count(between.rank.distinct()))
        .where(
            between.tenant_id == facts.tenant_id, between.product_id == Tier.product_id, between.rank >= Tier.rank,
            between.rank < newer.rank,
        )
        .correlate(Tier, newer)
        .scalar_subquery()
    )  # fmt: skip
    return (
        select(LineRight.id)
        .join(newer, and_(newer.tenant_id == LineRight.tenant_id, newer.id == line.c.key))
        .where(
            LineRight.tenant_id == facts.tenant_id, LineRight.line_id == line.c.line_id,
            LineRight.kind == RightKind.DOWNGRADE, right_holds(facts.as_of, facts.known_at),
            newer.product_id == Tier.product_id, newer.rank > Tier.rank,
            or_(LineRight.levels.is_(None), LineRight.levels >= steps),
        )
        .correlate(line, Tier)
        .exists()
    )  # fmt: skip


CHECK = Check(
    id="release-without-right",
    title="Every release installed is one that its keeper or its device has a right to",
    severity=Severity.HIGH,
    risk="A right to a newer release is none to an older one unless the license says so: it counts as unlicensed.",
    remedy="Record the downgrade right that the license grants, assign a seat of the release, or remove it.",
    sources=("house rule: downgrade right", "house rule: second-use right"),
    rule_version=2,
    violations=violations,
)
