"""Seats follow the rules: joiners are seated, leavers lose, movers keep; by hand stays by hand; nobody waits unseen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.assignment_rules.errors import RuleUnseen
from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember
from governance.assignment_rules.queries import visible_rules
from governance.assignment_rules.rules import Leaving, MemberState
from governance.assignment_rules.service import (
    ApplyRule,
    Effect,
    EndRule,
    RulePreview,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
    reconcile,
)
from governance.audit.models import Entry
from governance.catalog.models import Tier
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service.groups import GroupFacts, change_members, provision_group
from governance.directory.service.people import PersonFacts, mark_left, upsert_person
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, NotFound, Refused
from governance.kernel.event import OutboxEvent
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.reactions import duties
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestOrigin, RequestState
from governance.runs.outbox import dispatch_event
from governance.seats.models import Assignment, Denial
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.service import (
    AssignSeats,
    RaiseCap,
    ReleaseSeats,
    SeatDesk,
    assign_seats,
    raise_revocation_cap,
    release_seats,
)
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows

WHY = "the department works with it"


@dataclass
class Ground:
    """An estate with two seats of E3 in two pools and one of E5, and what moves people and seats."""

    office: Office
    estate: Estate
    desk: SeatDesk
    product_id: UUID
    tiers: dict[str, UUID]
    e3: License
    e5: License
    groups: dict[str, UUID]

    @property
    def admin(self) -> Any:
        return self.estate.actor("admin")

    async def group(self, name: str, *members: str) -> UUID:
        people = tuple(self.estate.people[each] for each in members)
        facts = GroupFacts(name, name, members=people)
        row = await self.office.perform(self.admin, lambda work: provision_group(work, facts))
        self.groups[name] = row.id
        return row.id

    async def change(self, name: str, *, joining: str = "", leaving: str = "") -> None:
        people = self.estate.people
        come, go = [people[each] for each in joining.split()], [people[each] for each in leaving.split()]
        group_id = self.groups[name]
        await self.office.perform(
            self.admin, lambda work: change_members(work, group_id, joining=come, leaving=go)
        )  # fmt: skip

    def command(self, code: str, tier: str | None = None, **values: Any) -> ApplyRule:
        return ApplyRule(
            WHY, code=code, name=code.title(), product_id=self.product_id, tier_id=tier and self.tiers[tier], **values
        )  # fmt: skip

    async def apply(self, command: ApplyRule) -> AssignmentRule:
        shown = await self.preview(command)
        done = await apply_rule(self.desk, self.admin, replace(command, token=shown.token))
        await self.answer()
        return done

    async def preview(self, command: ApplyRule) -> RulePreview:
        return await preview_rule(self.desk, self.admin, command)

    async def answer(self) -> None:
        """Answer every event that waits, and those that follow from them."""
        table = duties(self.desk.ledger)
        while waiting := await rows(self.office, self.estate, OutboxEvent, OutboxEvent.done_at.is_(None)):
            for event in waiting:
                assert await dispatch_event(self.office, self.estate.tenant_id, event.id, table), event.name

    async def sweep(self) -> None:
        await reconcile(self.desk, self.estate.tenant_id)
        await self.answer()

    async def stands(self, code: str) -> dict[str, MemberState]:
        names = {person_id: name for name, person_id in self.estate.people.items()}
        (rule,) = await rows(self.office, self.estate, AssignmentRule, AssignmentRule.code == code)
        found = await rows(
            self.office, self.estate, AssignmentRuleMember, AssignmentRuleMember.rule_id == rule.id,
            AssignmentRuleMember.ended_at.is_(None),
        )  # fmt: skip
        return {names[row.person_id]: row.state for row in found}

    async def raise_cap(self) -> None:
        command = RaiseCap(self.e3.line_id, 5, "the department closes")
        await self.office.perform(self.admin, lambda work: raise_revocation_cap(work, command))

    async def seats(self, who: str) -> list[Assignment]:
        mine = Assignment.person_id == self.estate.people[who]
        return await rows(self.office, self.estate, Assignment, mine, Assignment.released_at.is_(None))

    async def seat(self, who: str) -> Assignment:
        (found,) = await self.seats(who)
        return found

    async def episodes(self, who: str) -> int:
        return len(await rows(self.office, self.estate, Assignment, Assignment.person_id == self.estate.people[who]))


@pytest.fixture
async def ground(office: Office) -> AsyncIterator[Ground]:
    estate = await Estate.raised(office)
    await estate.person("dan", "sales", country="DE")
    product_id = await estate.product("m365")
    async with office.database.read(estate.tenant_id) as session:
        tiers = {row.code: row.id for row in (await session.execute(select(Tier))).scalars()}
    pools: dict[str, int | None] = {"a": 1, "b": 1}
    e3 = await estate.license("e3", quantity=2, pools=pools, product_id=product_id, tier_id=tiers["E3"])
    e5 = await estate.license("e5", quantity=1, product_id=product_id, tier_id=tiers["E5"])
    async with open_desk(office) as desk:
        yield Ground(office, estate, desk, product_id, tiers, e3, e5, {})


async def test_joiners_follow_who_is_full_waits_and_leavers_lose(ground: Ground, clock: HandClock) -> None:
    people, desk, admin = ground.estate.people, ground.desk, ground.admin
    group_id = await ground.group("sales", "ada", "cleo", "dan")
    by_hand = (await assign_seats(desk, admin, AssignSeats(ground.e3.pools["a"], (people["cleo"],)))).seated[0]
    command = ground.command("sales-e3", "E3", group_id=group_id, line_id=ground.e3.line_id, priority=3)
    shown = await ground.preview(command)
    assert shown.counts == {Effect.GAINS: 1, Effect.BY_HAND: 1, Effect.WAITS: 1}
    assert [(each.currency, each.gained, each.freed) for each in shown.costs] == [("USD", 57_000_000, 0)]
    assert not await rows(ground.office, ground.estate, AssignmentRule)
    with pytest.raises(RuleUnseen):
        await apply_rule(desk, admin, command)
    await ground.change("sales", leaving="dan")
    with pytest.raises(PreviewStale):  # the facts moved: somebody else would gain
        await apply_rule(desk, admin, replace(command, token=shown.token))
    await ground.change("sales", joining="dan")
    with pytest.raises(Refused):
        await preview_rule(desk, ground.estate.actor("ada"), command)
    await ground.apply(command)
    assert await ground.stands("sales-e3") == {
        "ada": MemberState.SEATED, "cleo": MemberState.BY_HAND, "dan": MemberState.WAITING,
    }  # fmt: skip
    (place,) = await rows(ground.office, ground.estate, SeatRequest)
    assert (place.origin, place.state, place.priority) == (RequestOrigin.RULE, RequestState.WAITING, 3)
    said = await rows(
        ground.office, ground.estate, Entry, Entry.subject_type == "assignment", Entry.actor == "system:assignment-rules"
    )  # fmt: skip
    assert [each.reason for each in said] == ["by rule sales-e3, version 1"]
    episode = (await ground.seat("ada")).id
    assert (await reconcile(desk, ground.estate.tenant_id)).looked_at == 0  # said twice, done once

    await release_seats(desk, admin, ReleaseSeats((by_hand.assignment_id,)))  # room grew: who waits sits
    await ground.answer()
    await ground.sweep()
    assert (await ground.stands("sales-e3"))["dan"] is MemberState.SEATED
    assert (await ground.stands("sales-e3"))["cleo"] is MemberState.WAITING  # falls under the rule as everybody does

    await ground.change("sales", leaving="ada cleo")
    await ground.answer()
    assert (await ground.stands("sales-e3"))["ada"] is MemberState.LEAVING
    assert (await ground.seat("ada")).state is SeatState.ASSIGNED
    clock.advance(timedelta(hours=1))
    await ground.sweep()
    held_back = await ground.seat("ada")  # one of two seats was taken by hand: the term's five percent are gone
    assert held_back.state is SeatState.ASSIGNED
    (row,) = [
        each
        for each in await rows(ground.office, ground.estate, AssignmentRuleMember)
        if each.person_id == people["ada"] and each.ended_at is None
    ]
    assert row.reasons[0]["subject"] == "revocation cap"
    assert "1 of 1 seats" in row.reasons[0]["has"]
    await ground.raise_cap()
    clock.advance(timedelta(minutes=16))
    await ground.sweep()
    taken = await ground.seat("ada")
    assert (taken.id, taken.state) == (episode, SeatState.RECLAIM_PENDING)
    await ground.change("sales", joining="ada")  # back before the 14 days: the very same episode goes on
    await ground.answer()
    kept = await ground.seat("ada")
    assert (kept.id, kept.state, await ground.episodes("ada")) == (episode, SeatState.ASSIGNED, 1)
    assert not await rows(ground.office, ground.estate, Denial)


async def test_who_moves_from_one_group_to_the_other_is_never_without_a_seat(ground: Ground, clock: HandClock) -> None:
    await ground.group("a", "ada")
    await ground.group("b", "ben")
    for name in ("a", "b"):
        await ground.apply(
            ground.command(
                f"{name}-e3", "E3", group_id=ground.groups[name], leaving=Leaving.RELEASE, line_id=ground.e3.line_id
            )
        )  # fmt: skip
    before = await ground.seat("ada")
    await ground.change("a", leaving="ada")  # an identity provider takes out first, and puts in later
    await ground.answer()
    clock.advance(timedelta(minutes=20))
    await ground.sweep()
    assert (await ground.seat("ada")).id == before.id
    await ground.change("b", joining="ada")
    await ground.answer()
    after = await ground.seat("ada")
    assert (after.id, after.state, after.version) == (before.id, SeatState.ASSIGNED, before.version)
    assert await ground.stands("a-e3") == {}
    assert (await ground.stands("b-e3"))["ada"] is MemberState.SEATED
    clock.advance(timedelta(days=20))
    await ground.sweep()
    assert await ground.episodes("ada") == 1

    await ground.apply(
        ground.command(
            "board-e5",
            "E5",
            unit_id=ground.estate.units["sales"],
            region="DE",
            except_people=(ground.estate.people["board-sales"],),
        )
    )
    seat = await ground.seat("ada")  # up: released and granted at one instant
    assert seat.pool_id == ground.e5.pools["main"]
    old = (await rows(ground.office, ground.estate, Assignment, Assignment.id == before.id))[0]
    assert (old.release_reason, old.released_at) == (ReleaseReason.TRANSFERRED, seat.started_at)
    stands = await ground.stands("board-e5")
    assert (stands["ada"], stands["dan"]) == (MemberState.SEATED, MemberState.WAITING)
    assert (await ground.stands("b-e3"))["ada"] is MemberState.COVERED
    assert len(await ground.seats("ada")) == 1  # two rules, one seat


async def test_nobody_is_stuck_silently_and_no_territory_is_left(ground: Ground, clock: HandClock) -> None:
    office, estate = ground.office, ground.estate
    await estate.license("eu", quantity=1, product_id=await estate.product("cad", tiers=("PRO",)), included=("150",))
    async with office.database.read(estate.tenant_id) as session:
        tier = (await session.execute(select(Tier).where(Tier.code == "PRO"))).scalar_one()
    for name, status in (("eve", PersonStatus.ON_LEAVE), ("fay", PersonStatus.ACTIVE)):
        await estate.person(name, "sales", country="DE", status=status)
    command = ApplyRule(
        WHY, code="sales-cad", name="Sales", product_id=tier.product_id, unit_id=estate.units["sales"],
        except_people=(estate.people["ada"], estate.people["dan"], estate.people["ben"]), settle_minutes=0,
    )  # fmt: skip
    shown = await ground.preview(command)
    assert shown.counts == {Effect.GAINS: 1, Effect.WAITS: 1, Effect.REFUSED: 2}
    why = {each.person_id: each.reasons[0].code for each in shown.effects if each.reasons}
    assert why[estate.people["cleo"]] is Code.TERRITORY  # works in the US
    assert why[estate.people["eve"]] is Code.HOLDER_NOT_ACTIVE
    await ground.apply(command)
    assert await ground.stands("sales-cad") == {
        "board-sales": MemberState.SEATED, "cleo": MemberState.REFUSED, "eve": MemberState.REFUSED,
        "fay": MemberState.WAITING,
    }  # fmt: skip
    kept = {row.person_id: row.code for row in await rows(office, estate, Denial)}
    assert kept == {estate.people["cleo"]: "TERRITORY", estate.people["eve"]: "HOLDER_NOT_ACTIVE"}
    clock.advance(timedelta(minutes=16))
    await ground.sweep()
    assert [row.count for row in await rows(office, estate, Denial)] == [1, 1]  # a retry in vain is no new refusal
    facts = PersonFacts(
        "cleo", "Cleo", "cleo@halden.example", estate.units["sales"], "DE", source="tests"
    )  # fmt: skip
    await office.perform(ground.admin, lambda work: upsert_person(work, facts))
    left = estate.people["board-sales"]
    await office.perform(ground.admin, lambda work: mark_left(work, left))
    clock.advance(timedelta(minutes=16))
    await ground.answer()
    await ground.sweep()
    assert await ground.stands("sales-cad") == {
        "cleo": MemberState.WAITING, "eve": MemberState.REFUSED, "fay": MemberState.WAITING,
    }  # fmt: skip
    assert (await ground.seat("board-sales")).state is SeatState.RECLAIM_PENDING  # by the directory, as every leaver

    moved = PersonFacts("fay", "Fay", "fay@halden.example", estate.units["it"], "DE", source="tests")
    await office.perform(ground.admin, lambda work: upsert_person(work, moved))
    await ground.answer()
    assert "fay" not in await ground.stands("sales-cad")
    (place,) = [row for row in await rows(office, estate, SeatRequest) if row.person_id == estate.people["fay"]]
    assert place.state is RequestState.WITHDRAWN
    with pytest.raises(BadInput):
        await ground.preview(replace(command, unit_id=None, code="everybody"))


async def test_a_new_version_an_exclusion_and_an_end(ground: Ground, clock: HandClock) -> None:
    estate, desk, admin = ground.estate, ground.desk, ground.admin
    group_id = await ground.group("sales", "ada", "ben")
    rule = await ground.apply(ground.command("sales-e3", "E3", group_id=group_id, line_id=ground.e3.line_id))
    ours = await ground.seat("ben")
    await release_seats(desk, admin, ReleaseSeats((ours.id,), note="asked for by his manager"))
    await ground.answer()
    await ground.sweep()
    assert (await ground.stands("sales-e3"))["ben"] is MemberState.HELD_OFF  # somebody decided: not given again
    assert await ground.seats("ben") == []
    next_ = ApplyRule(
        "ada works elsewhere now", rule_id=rule.id, group_id=group_id, tier_id=ground.tiers["E3"],
        except_people=(estate.people["ada"],), leaving=Leaving.RELEASE, settle_minutes=0,
    )  # fmt: skip
    await ground.raise_cap()
    shown = await ground.preview(next_)
    assert shown.counts == {Effect.GAINS: 1, Effect.LOSES: 1}
    await ground.apply(next_)
    assert await ground.seats("ada") == []
    assert await ground.stands("sales-e3") == {"ben": MemberState.SEATED}
    end = EndRule(rule.id, "the project is over", keep_seats=True)
    token = (await preview_end(desk, admin, end)).token
    await end_rule(desk, admin, replace(end, token=token))
    await ground.answer()
    clock.advance(timedelta(days=1))
    await ground.sweep()
    assert (await ground.seat("ben")).state is SeatState.ASSIGNED
    acts = [
        (each.act, each.reason)
        for each in await rows(ground.office, estate, Entry, Entry.subject_type == "assignment_rule")
    ]
    assert acts == [
        ("rule:apply", WHY), ("rule:apply", "ada works elsewhere now"), ("rule:end", "the project is over"),
    ]  # fmt: skip
    assert await rows(ground.office, estate, Person, Person.id == estate.people["ada"])


async def test_a_units_admin_owns_rules_for_its_people_from_its_pools_and_no_others(ground: Ground) -> None:
    estate, desk, units = ground.estate, ground.desk, ground.estate.units
    boss = estate.actor("ben", role=Role.IT_ADMIN, unit="sales")
    mine = ground.command("sales", "E3", unit_id=units["sales"], pool_id=ground.e3.pools["a"])
    for wider in (
        replace(mine, unit_id=units["halden"]),
        replace(mine, unit_id=None, region="150"),
        replace(mine, pool_id=None),  # would take from whatever pool of the product fits
    ):
        with pytest.raises(Refused):
            await preview_rule(desk, boss, wider)
    with pytest.raises(NotFound):  # the license is another unit's
        await preview_rule(desk, boss, replace(mine, pool_id=None, line_id=ground.e3.line_id))
    shown = await preview_rule(desk, boss, mine)
    rule = await apply_rule(desk, boss, replace(mine, token=shown.token))
    whole = await ground.apply(ground.command("all", "E5", region="001"))
    region = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.REGION, region="150"))
    for actor, seen in ((boss, {"sales"}), (region, set()), (ground.admin, {"sales", "all"})):
        async with ground.office.reading(actor) as work:
            found = (await work.session.execute(visible_rules(work))).scalars()
            assert {each.code for each in found} == seen
    wider = replace(mine, rule_id=rule.id, code="", unit_id=units["halden"])
    with pytest.raises(Refused):
        await preview_rule(desk, boss, wider)
    with pytest.raises(NotFound):
        await preview_end(desk, boss, EndRule(whole.id, "not mine"))
    ending = EndRule(rule.id, "no longer")
    await end_rule(desk, boss, replace(ending, token=(await preview_end(desk, boss, ending)).token))
