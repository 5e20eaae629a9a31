"""No release is installed that came out after the maintenance of its perpetual licenses had ended.

What is kept for good covers the releases of its time. A release whose day nobody knows is not found: what is missing is
no breach.
"""

from typing import Any

from sqlalchemy import Select, String, and_, cast, literal, select

from governance.catalog.models import Product
from governance.compliance.check import Check
from governance.compliance.consumed import releases_beyond
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.inventory.models import Device


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the installations, each with its device's place and who keeps it."""
    beyond = releases_beyond(facts.tenant_id, facts.as_of, facts.known_at).subquery("releases_beyond")
    return (
        select(
            literal("installation", String).label("subject_type"),
            beyond.c.installation_id.label("subject_id"),
            (Product.name + " " + beyond.c.release + " / " + Device.code).label("subject_name"),
            Device.unit_id,
            Device.region,
            Device.person_id.label("owner_id"),
            ("a release of " + cast(beyond.c.released_on, String)).label("has"),
            ("one of " + cast(beyond.c.maintained_until, String) + " or before").label("needs"),
            beyond.c.release,
            beyond.c.released_on,
            beyond.c.maintained_until,
        )
        .join_from(
            beyond, Device, and_(Device.tenant_id == facts.tenant_id, Device.id == beyond.c.device_id)
        )
        .join(Product, and_(Product.tenant_id == facts.tenant_id, Product.id == beyond.c.product_id))
    )  # fmt: skip


CHECK = Check(
    id="release-beyond-maintenance",
    title="Every release installed came out while the maintenance of its licenses ran",
    severity=Severity.HIGH,
    risk="A perpetual right ends at the releases of its maintenance: later ones are used without a license.",
    remedy="Go back to a release that is covered, renew maintenance, or buy a lot.",
    sources=("house rule: MAINTAIN, perpetual use after maintenance ends",),
    rule_version=1,
    violations=violations,
)
