"""The catalog: what is added is seen by whoever may read it; names are single; the last approval counts."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.catalog import queries, service
from governance.catalog.rules import ApprovalStatus, may_be_used
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused
from governance.kernel.work import Office
from tests.estate import Estate


async def test_a_product_with_tiers_and_features_stands_and_is_in_the_trail(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    vendor = await office.perform(admin, lambda w: service.add_vendor(w, service.NewVendor("Microsoft")))
    product = await office.perform(
        admin, lambda w: service.add_product(w, service.NewProduct(vendor.id, "m365", " Microsoft 365 "))
    )
    tier = await office.perform(admin, lambda w: service.add_tier(w, service.NewTier(product.id, "E5", "E5", 5)))
    feature = await office.perform(admin, lambda w: service.add_feature(w, service.NewFeature("TEAMS1", "Teams")))
    grant = service.FeatureGrant(tier.id, feature.id)
    first = await office.perform(admin, lambda w: service.grant_feature(w, grant))
    again = await office.perform(admin, lambda w: service.grant_feature(w, grant))
    assert (product.name, first.id) == ("Microsoft 365", again.id)
    async with office.reading(admin) as work:
        pairs = (await work.session.execute(queries.visible_tier_features(work))).all()
        assert [(p[0].tier_id, p[1].code) for p in pairs] == [(tier.id, "TEAMS1")]
        acts = (await work.session.execute(select(Entry.act, Entry.subject_type))).all()
    assert sorted(a[1] for a in acts) == ["feature", "product", "tier", "tier", "vendor"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "line\nbreak", "nul\0"])
async def test_a_name_that_cannot_be_a_name_is_refused_with_what_would_be(
    office: Office, estate: Estate, name: str
) -> None:
    with pytest.raises(BadInput) as no:
        await office.perform(estate.actor("admin"), lambda w: service.add_vendor(w, service.NewVendor(name)))
    assert no.value.field == "name"
    assert no.value.needs


async def test_a_taken_code_is_refused_and_nothing_is_half_done(office: Office, estate: Estate) -> None:
    product_id = await estate.product("m365", tiers=("E3",))
    admin = estate.actor("admin")
    with pytest.raises(BadInput, match="not taken"):
        await office.perform(admin, lambda w: service.add_tier(w, service.NewTier(product_id, "E3", "again", 9)))
    with pytest.raises(NotFound):
        await office.perform(admin, lambda w: service.add_tier(w, service.NewTier(uuid4(), "E3", "again", 9)))
    async with office.reading(admin) as work:
        assert len((await work.session.execute(queries.visible_tiers(work))).all()) == 1


async def test_only_who_may_edit_the_catalog_edits_and_a_holder_sees_none_of_it(office: Office, estate: Estate) -> None:
    product_id = await estate.product()
    decision = service.ApprovalDecision(product_id, ApprovalStatus.DENIED, "no")
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda w: service.decide_approval(w, decision))
    with pytest.raises(NotFound):
        await office.perform(estate.actor("ada"), lambda w: service.decide_approval(w, decision))
    async with office.reading(estate.actor("ada")) as work:
        assert (await work.session.execute(queries.visible_products(work))).all() == []


async def test_the_last_approval_counts_and_the_one_before_is_known_as_then(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    product_id, admin = await estate.product(), estate.actor("admin")
    allowed = service.ApprovalDecision(product_id, ApprovalStatus.APPROVED, "fine", until=date(2026, 12, 31))
    await office.perform(admin, lambda w: service.decide_approval(w, allowed))
    then = clock.now()
    clock.advance(timedelta(days=1))
    denied = service.ApprovalDecision(product_id, ApprovalStatus.DENIED, "data left the region")
    await office.perform(admin, lambda w: service.decide_approval(w, denied))
    async with office.reading(admin) as work:
        now = await queries.approval_of(work, product_id)
        was = (await work.session.execute(queries.latest_approvals(work.tenant_id, then))).scalar_one()
    assert now is not None
    assert (now.status, was.status) == (ApprovalStatus.DENIED, ApprovalStatus.APPROVED)


def test_an_approval_ends_with_its_last_day() -> None:
    last = date(2026, 3, 31)
    assert may_be_used(ApprovalStatus.APPROVED, last, last)
    assert not may_be_used(ApprovalStatus.APPROVED, last, last + timedelta(days=1))
    assert not may_be_used(ApprovalStatus.DENIED, None, last)
    assert may_be_used(None, None, last)
