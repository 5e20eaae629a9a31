"""Licenses are made of templates, differ on purpose or by hand, and follow a new version after a look at all of it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.activation.models import ProductJourney
from governance.alerts.ladders import announcements_due
from governance.alerts.models import Alert
from governance.alerts.service import evaluate_pool_use
from governance.audit.models import Entry
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.service import NewLot, buy_lot
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused, WrongState
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.rulebook.errors import BadPolicy, ExamplesFail
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from governance.rulebook.service import (
    DraftPolicy,
    PublishPolicy,
    RetireTemplate,
    RollbackPolicy,
    draft_policy,
    preview_policy,
    publish_policy,
    retire_template,
    rollback_policy,
)
from governance.runs.claims import claim_run
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind, RunState
from governance.seats.service import AssignSeats, ChangeLine, assign_seats, change_line, preview_change_line
from governance.templates.errors import BadOverrides, TemplateUnseen, TooManyAtOnce
from governance.templates.models import LicenseRules, TemplateInstance
from governance.templates.rules import Doing, Standing, Why
from governance.templates.service import (
    ApplyPreview,
    ApplyTemplate,
    Compared,
    HoldLicense,
    MakeLicense,
    OverrideTemplate,
    SetLicenseRules,
    apply_template,
    compare,
    hold_license,
    make_license,
    override_template,
    preview_apply,
    preview_make,
    request_apply,
    set_license_rules,
)
from governance.templates.service.running import apply_many
from policies.access.parties import Role
from policies.templates.merging import merged
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows

SEATS: dict[str, Any] = {
    "title": "Seats by the year", "product": "design", "renewal_basis": "FROM_EXPIRY",
    "lines": {
        "named": {
            "model": "NAMED_USER", "term": "SUBSCRIPTION", "tier": "E3", "overage": "BLOCK",
            "supply": {"quantity": 10, "months": 12, "currency": "USD", "unit_price": "57.00"},
        }
    },
    "pools": {"main": {"name": "Everyone", "percent": 60}, "emea": {"percent": 40, "unit": "sales-emea"}},
    "alerts": {"use": {"warn": 50, "high": 90, "critical": 100, "clear_below": 5}},
    "ladders": {"expiry": {"days_before": [200, 0], "days_after": [1], "then_every": 7}},
    "journey": {"survey": True},
    "regions": {"DE": {"usage": {"individual": "PSEUDONYMOUS"}, "lines": {"named": {"supply": {"currency": "EUR"}}}}},
}  # fmt: skip
GERMAN = {"region": "DE", "gives": {"lines.named.supply.currency": "EUR", "lines.named.supply.months": 12}}


class Templates:
    """Drives the verbs of templates as one person of the estate."""

    def __init__(self, office: Office, estate: Estate, agreement_id: UUID) -> None:
        self.office, self.estate, self.agreement_id = office, estate, agreement_id
        self.actor = estate.actor("admin")

    async def do(self, verb: Any, command: Any) -> Any:
        return await self.office.perform(self.actor, lambda work: verb(work, command))

    async def look(self, verb: Any, command: Any) -> Any:
        async with self.office.reading(self.actor) as work:
            return await verb(work, command)

    async def publish(self, content: Mapping[str, Any] = SEATS, *examples: Any) -> PolicyVersion:
        row = await self.do(draft_policy, DraftPolicy(PolicyKind.TEMPLATE, content, examples, "why", "seats"))
        token = (await self.look(preview_policy, row.id)).token
        return await self.do(publish_policy, PublishPolicy(row.id, token, "agreed"))

    def wish(self, version: PolicyVersion, code: str, **values: Any) -> MakeLicense:
        return MakeLicense(
            version.id, self.agreement_id, code, code.title(), self.estate.units["halden"], date(2026, 1, 1), **values
        )

    async def make(self, version: PolicyVersion, code: str, **values: Any) -> TemplateInstance:
        wish = self.wish(version, code, **values)
        return await self.do(make_license, replace(wish, token=(await self.look(preview_make, wish)).token))

    async def foresee(self, version: PolicyVersion, *made: TemplateInstance, restore: bool = False) -> ApplyPreview:
        return await self.look(preview_apply, ApplyTemplate(version.id, tuple(one.id for one in made), restore))

    async def apply(self, version: PolicyVersion, *made: TemplateInstance, restore: bool = False) -> Any:
        token = (await self.foresee(version, *made, restore=restore)).token
        return await self.do(apply_template, ApplyTemplate(version.id, tuple(one.id for one in made), restore, token))

    async def stands(self, made: TemplateInstance) -> Compared:
        async with self.office.reading(self.actor) as work:
            (found,) = await compare(work, [await work.session.get_one(TemplateInstance, (made.tenant_id, made.id))])
            return found

    async def line(self, made: TemplateInstance) -> MetricLine:
        (line,) = await rows(self.office, self.estate, MetricLine, MetricLine.entitlement_id == made.entitlement_id)
        return line

    async def seats(self, made: TemplateInstance) -> dict[str, int | None]:
        """Give the seats of each pool that hold now and from now on."""
        line = await self.line(made)
        pools = {pool.id: pool.code for pool in await rows(self.office, self.estate, Pool, Pool.line_id == line.id)}
        given = await rows(
            self.office, self.estate, Allocation, Allocation.pool_id.in_(pools), Allocation.superseded_at.is_(None)
        )
        now = self.office.clock.now()
        return {pools[row.pool_id]: row.quantity for row in given if row.end is None or row.end > now}

    async def flag(self, made: TemplateInstance, **changes: Any) -> None:
        """Change a line by hand."""
        line = await self.line(made)
        change = ChangeLine(line.id, line.version, changes)
        await self.do(change_line, replace(change, token=(await self.look(preview_change_line, change)).token))


@pytest.fixture
async def templates(office: Office, estate: Estate) -> Templates:
    await estate.product("design")
    license_: License = await estate.license("by-hand")
    return Templates(office, estate, license_.agreement_id)


def said(preview: ApplyPreview) -> dict[str, Doing]:
    (plan,) = preview.plans
    return {step.path: step.doing for step in plan.steps}


def newer(**changes: Any) -> dict[str, Any]:
    return merged(deepcopy(SEATS), changes)


async def test_a_license_is_made_whole_from_what_was_shown(
    office: Office, estate: Estate, templates: Templates, clock: HandClock
) -> None:
    version = await templates.publish(SEATS, GERMAN)
    assert (version.subject, version.shown_number, version.state) == ("seats", 1, VersionState.LIVE)
    overrides = {"pools": {"main": {"seats": 5}}, "lines": {"named": {"supply": {"unit_price": "49.50"}}}}
    wish = templates.wish(version, "de-seats", region="DE", overrides=overrides, owner_id=estate.people["ada"])
    seen = await templates.look(preview_make, wish)
    assert [(one.kind, one.name) for one in seen.creates] == [
        ("LICENSE", "De-Seats"), ("LINE", "named"), ("PURCHASE", "named"), ("POOL", "emea"), ("POOL", "main"),
        ("RULES", "De-Seats"), ("JOURNEY", "design"),
    ]  # fmt: skip
    assert (seen.region, seen.cannot, len(seen.overridden)) == ("DE", (), 2)
    with pytest.raises(TemplateUnseen):
        await templates.do(make_license, wish)
    with pytest.raises(PreviewStale):
        await templates.do(make_license, replace(wish, name="Other", token=seen.token))
    assert await rows(office, estate, Entitlement, Entitlement.code == "de-seats") == []
    made = await templates.do(make_license, replace(wish, token=seen.token))
    (license_,) = await rows(office, estate, Entitlement, Entitlement.id == made.entitlement_id)
    line = await templates.line(made)
    (lot,) = await rows(office, estate, Lot, Lot.line_id == line.id)
    assert (license_.region, license_.owner_id) == ("DE", estate.people["ada"])
    assert (lot.quantity, lot.currency, lot.unit_price, lot.last_day) == (10, "EUR", 49_500_000, date(2026, 12, 31))
    assert await templates.seats(made) == {"main": 5, "emea": 4}
    (rules,) = await rows(office, estate, LicenseRules)
    assert (rules.use["warn"], rules.expiry_ladder["days_before"], rules.renewal_basis) == (
        "50",
        [200, 0],
        "FROM_EXPIRY",
    )
    (journey,) = await rows(office, estate, ProductJourney)
    assert journey.survey
    stands = await templates.stands(made)
    assert [(one.path, one.template, one.has, one.standing) for one in stands.differences] == [
        ("pools.main.seats", 6, 5, Standing.OVERRIDDEN)
    ]
    assert not stands.behind
    (entry,) = await rows(office, estate, Entry, Entry.act == "template:make")
    assert (entry.subject_id, entry.after["version"]) == (made.entitlement_id, 1)
    clock.advance(timedelta(days=120))  # 184 days before the end: on this license's own ladder, on no other
    async with office.reading(templates.actor) as work:
        due = [one.facts["license"] for one in await announcements_due(work)]
    assert due == ["De-Seats"]
    renewed = NewLot(line.id, 10, None, date(2027, 12, 31), "Europe/Zurich", "EUR", 1, renewal_of=lot.lot_key)
    assert (await templates.do(buy_lot, renewed)).first_day == date(2027, 1, 1), "its template says from when"


async def test_a_new_version_changes_what_it_says_keeps_what_is_meant_and_can_be_gone_back_from(
    office: Office, estate: Estate, templates: Templates
) -> None:
    first = await templates.publish()
    plain = await templates.make(first, "plain")
    own = await templates.make(
        first, "own", overrides={"pools": {"main": {"seats": 3}}, "alerts": {"use": {"warn": 70}}}
    )
    drifted = await templates.make(first, "drifted")
    await templates.flag(drifted, overage="ALLOW_AND_FLAG")
    async with open_desk(office) as desk:
        (main,) = [
            pool for pool in await rows(office, estate, Pool, Pool.line_id == (await templates.line(plain)).id)
            if pool.code == "main"
        ]  # fmt: skip
        await assign_seats(desk, templates.actor, AssignSeats(main.id, (estate.people["ada"], estate.people["ben"])))
    second = await templates.publish(newer(
        lines={"named": {"overage": "ALLOW_TO_PERCENT", "overage_percent": 110, "model": "DEVICE"}},
        pools={"main": {"percent": 10}, "apac": {"percent": 20}}, alerts={"use": {"warn": 60}},
    ))  # fmt: skip
    assert (await templates.stands(plain)).behind
    seen = await templates.foresee(second, plain)
    assert said(seen) == {
        "alerts.use.warn": Doing.CHANGE, "lines.named.model": Doing.CANNOT, "lines.named.overage": Doing.CHANGE,
        "lines.named.overage_percent": Doing.CHANGE, "pools.apac.line": Doing.CHANGE, "pools.apac.name": Doing.CHANGE,
        "pools.apac.region": Doing.CHANGE, "pools.apac.seats": Doing.CHANGE, "pools.main.seats": Doing.CHANGE,
    }  # fmt: skip
    (shrunk,) = [step for step in seen.plans[0].steps if step.path == "pools.main.seats"]
    assert (shrunk.now, shrunk.wants, shrunk.over, len(shrunk.suggested)) == (6, 1, 1, 1), "asked back is for people"
    assert [step.why for step in seen.plans[0].steps if step.doing is Doing.CANNOT] == [Why.FIXED_LINE]
    kept = said(await templates.foresee(second, own))
    assert (kept["pools.main.seats"], kept["alerts.use.warn"]) == (Doing.KEPT_OVERRIDE, Doing.KEPT_OVERRIDE)
    by_hand = said(await templates.foresee(second, drifted))
    assert (by_hand["lines.named.overage"], by_hand["lines.named.overage_percent"]) == (
        Doing.KEPT_BY_HAND, Doing.KEPT_BY_HAND
    )  # fmt: skip
    await templates.apply(second, plain, own, drifted)
    assert await templates.seats(plain) == {"main": 1, "emea": 4, "apac": 2}
    assert await templates.seats(own) == {"main": 3, "emea": 4, "apac": 2}
    assert [(await templates.line(one)).overage for one in (plain, own, drifted)] == [
        "ALLOW_TO_PERCENT", "ALLOW_TO_PERCENT", "ALLOW_AND_FLAG"
    ]  # fmt: skip
    warns = {row.entitlement_id: row.use["warn"] for row in await rows(office, estate, LicenseRules)}
    assert (warns[plain.entitlement_id], warns[own.entitlement_id]) == ("60", "70")
    async with office.writing(templates.actor) as work:
        await evaluate_pool_use(work, [main.id])
    (alert,) = await rows(office, estate, Alert)
    assert alert.facts["occupied"] == 2, "nobody was revoked"
    drift = [(one.path, one.standing) for one in (await templates.stands(drifted)).differences]
    assert ("lines.named.overage", Standing.DRIFTED) in drift
    await templates.apply(second, drifted, restore=True)
    assert (await templates.line(drifted)).overage == "ALLOW_TO_PERCENT"
    await templates.apply(first, plain)
    assert ((await templates.line(plain)).overage, (await templates.seats(plain))["main"]) == ("BLOCK", 6)
    back = await templates.stands(plain)
    assert (back.version.shown_number, back.behind, back.instance.former_id) == (1, True, second.id)
    acts = [
        (entry.before or {}).get("version")
        for entry in await rows(office, estate, Entry, Entry.act == "template:apply")
    ]
    assert sorted(acts) == [1, 1, 1, 2, 2]


async def test_only_what_was_shown_is_applied(office: Office, estate: Estate, templates: Templates) -> None:
    first = await templates.publish()
    made, other = await templates.make(first, "made"), await templates.make(first, "other")
    second = await templates.publish(newer(alerts={"use": {"warn": 60}}))
    command = ApplyTemplate(second.id, (made.id,))
    with pytest.raises(TemplateUnseen):
        await templates.do(apply_template, command)
    token = (await templates.look(preview_apply, command)).token
    with pytest.raises(PreviewStale):
        await templates.do(apply_template, ApplyTemplate(second.id, (made.id, other.id), token=token))
    await templates.flag(made, overage="TRUE_UP")
    with pytest.raises(PreviewStale):
        await templates.do(apply_template, replace(command, token=token))
    assert not [one for one in await rows(office, estate, LicenseRules) if one.use["warn"] == "60"]
    with pytest.raises(TooManyAtOnce):
        await templates.do(apply_template, ApplyTemplate(second.id, tuple(UUID(int=n) for n in range(21)), token="x"))
    draft = await templates.do(draft_policy, DraftPolicy(PolicyKind.TEMPLATE, SEATS, (), "why", "seats"))
    with pytest.raises(WrongState):
        await templates.look(preview_apply, ApplyTemplate(draft.id, (made.id,)))
    with pytest.raises(WrongState):
        await templates.look(preview_make, templates.wish(first, "late"))  # the second is live
    with pytest.raises(BadInput, match="taken"):
        await templates.make(second, "made")
    with pytest.raises(BadOverrides, match=r"overrides\.pools\.main"):
        await templates.look(
            preview_make, templates.wish(second, "bad", overrides={"pools": {"main": {"percent": 200}}})
        )
    with pytest.raises(BadInput, match="tier"):
        await templates.look(
            preview_make, templates.wish(second, "bad", overrides={"lines": {"named": {"tier": "E9"}}})
        )


async def test_a_difference_is_kept_on_purpose_or_given_up(
    office: Office, estate: Estate, templates: Templates
) -> None:
    first = await templates.publish()
    made = await templates.make(first, "made")
    await templates.flag(made, overage="TRUE_UP")
    with pytest.raises(BadInput, match=r"lines\.named\.overage"):
        await templates.do(override_template, OverrideTemplate(made.id, 1, keep=("pools.main.seats",)))
    kept = await templates.do(override_template, OverrideTemplate(made.id, 1, keep=("lines.named.overage",)))
    assert kept.overrides == {"lines": {"named": {"overage": "TRUE_UP"}}}
    with pytest.raises(Conflict):
        await templates.do(override_template, OverrideTemplate(made.id, 1, drop=("lines.named.overage",)))
    second = await templates.publish(newer(lines={"named": {"overage": "ALLOW_AND_FLAG"}}))
    await templates.apply(second, made, restore=True)
    assert (await templates.line(made)).overage == "TRUE_UP", "an override outlives every version"
    now = await templates.stands(made)
    dropped = OverrideTemplate(made.id, now.instance.version, drop=("lines.named.overage",))
    await templates.do(override_template, dropped)
    assert [one.standing for one in (await templates.stands(made)).differences] == [Standing.DRIFTED]
    hand = await rows(office, estate, Entitlement, Entitlement.code == "by-hand")
    with pytest.raises(BadInput, match="a license of design"):
        await templates.do(hold_license, HoldLicense(second.id, hand[0].id))
    third = await templates.publish({**newer(), "product": "product-of-by-hand"})
    held = await templates.do(hold_license, HoldLicense(third.id, hand[0].id))
    drift = {one.path: one.has for one in (await templates.stands(held)).differences}
    assert (drift["lines.named.tier"], drift["pools.main.seats"], drift["pools.emea.line"]) == (None, 3, None)
    own = SetLicenseRules(hand[0].id, 0, use={"warn": 60})
    assert (await templates.do(set_license_rules, own)).use == {"warn": "60"}
    with pytest.raises(Conflict):
        await templates.do(set_license_rules, own)
    with pytest.raises(BadInput, match="warn < high"):
        await templates.do(set_license_rules, replace(own, expected_version=1, use={"warn": 95}))


async def test_many_licenses_follow_as_a_run_that_goes_on_where_it_stopped(
    office: Office, estate: Estate, templates: Templates
) -> None:
    first = await templates.publish()
    made = [await templates.make(first, f"made-{number}") for number in range(4)]
    second = await templates.publish(newer(alerts={"use": {"warn": 60}}))
    command = ApplyTemplate(second.id, tuple(one.id for one in made))
    seen = await templates.look(preview_apply, command)
    with pytest.raises(TemplateUnseen):
        await templates.do(request_apply, command)
    run = await templates.do(request_apply, replace(command, token=seen.token))
    moved = sorted(made, key=lambda one: str(one.id))[1]
    await templates.flag(moved, overage="TRUE_UP")
    desk = await claim_run(office, run.tenant_id, run.id, "dies")
    assert desk is not None
    desk.asked = {**desk.asked, "licenses": dict(sorted(desk.asked["licenses"].items())[:2])}
    await apply_many(desk)  # this worker is lost before it can end the run
    office.clock.advance(timedelta(minutes=1))
    await move_run(office, run.tenant_id, run.id, Duties({RunKind.TEMPLATE: apply_many}), "lives")
    async with office.database.read(estate.tenant_id) as session:
        ended = await session.get_one(Run, (run.tenant_id, run.id))
    assert (ended.state, ended.outcome) == (RunState.DONE, {
        "licenses": 4, "applied": 3, "moved": [str(moved.id)], "refused": {}, "over": 0, "cannot": 0,
    })  # fmt: skip
    acts = await rows(office, estate, Entry, Entry.act == "template:apply")
    assert len(acts) == 3, "each once, whoever did it"


async def test_who_may_not_change_a_license_changes_nothing_and_sees_nothing_of_others(
    office: Office, estate: Estate, templates: Templates
) -> None:
    with pytest.raises(BadPolicy) as bad:
        await templates.publish(newer(lines={"named": {"overge": "BLOCK"}}))
    assert [(one.subject, one.needs) for one in bad.value.reasons()] == [
        ("lines.named.overge", "overage, if that is meant")
    ]
    with pytest.raises(ExamplesFail):
        await templates.publish(SEATS, {"region": "DE", "gives": {"lines.named.overage": "TRUE_UP"}})
    first = await templates.publish()
    made = await templates.make(first, "made")
    second = await templates.publish(newer(alerts={"use": {"warn": 60}}))
    token = (await templates.foresee(second, made)).token
    auditor = estate.actor("auditor")
    with pytest.raises(Refused):
        await office.perform(
            auditor, lambda work: apply_template(work, ApplyTemplate(second.id, (made.id,), token=token))
        )
    owner = estate.actor("cleo", role=Role.LICENSE_OWNER, unit="sales")
    with pytest.raises(NotFound):
        async with office.reading(owner) as work:
            await preview_apply(work, ApplyTemplate(second.id, (made.id,)))
    async with office.reading(templates.actor) as work:
        back = await preview_policy(work, first.id)
    again = await templates.do(rollback_policy, RollbackPolicy(first.id, back.token, "went wrong"))
    assert (again.shown_number, again.rolled_back_to) == (4, first.id)
    await templates.do(retire_template, RetireTemplate(again.id, "no longer bought"))
    with pytest.raises(WrongState):
        await templates.look(preview_make, templates.wish(again, "late"))
    assert not (await templates.stands(made)).behind
