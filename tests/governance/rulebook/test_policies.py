"""Policy is drafted with examples, shown before it decides, published whole by its preview, and gone back from."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.queries import policy_revision
from governance.kernel.errors import NotFound, Refused, WrongState
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office, Work
from governance.rulebook.errors import BadPolicy, DrafterPublishes, ExamplesFail, LocksOut
from governance.rulebook.queries import live_policy, live_thresholds, live_version, visible_policies
from governance.rulebook.rules import PolicyKind, VersionState, gate_of, shipped_content
from governance.rulebook.service import (
    DraftPolicy,
    PolicyPreview,
    PublishPolicy,
    RollbackPolicy,
    draft_policy,
    preview_policy,
    publish_policy,
    rollback_policy,
)
from policies.access.actions import Action
from policies.access.parties import Role
from tests.estate import Estate

NEW_LINE = "board_member,seat:read,tenant,allow"
EXAMPLE = {
    "line": NEW_LINE,
    "allow": ["seat:read tenant inside"],
    "refuse": ["seat:read tenant foreign"],
}
SHIPPED = list(shipped_content(PolicyKind.ROLES)["lines"])


class Rulebook:
    """Drives the four verbs as one person of the estate."""

    def __init__(self, office: Office, estate: Estate, who: str = "admin") -> None:
        self.office, self.estate, self.actor = office, estate, estate.actor(who)

    async def draft(
        self, content: dict[str, Any], *examples: Any, kind: PolicyKind = PolicyKind.ROLES, note: str = "why"
    ) -> UUID:
        command = DraftPolicy(kind, content, examples, note)
        return (await self.office.perform(self.actor, lambda work: draft_policy(work, command))).id

    async def preview(self, version_id: UUID) -> PolicyPreview:
        async with self.office.reading(self.actor) as work:
            return await preview_policy(work, version_id)

    async def publish(self, version_id: UUID, token: str | None = None) -> Any:
        token = token or (await self.preview(version_id)).token
        command = PublishPolicy(version_id, token, "reviewed")
        return await self.office.perform(self.actor, lambda work: publish_policy(work, command))

    async def rollback(self, version_id: UUID) -> Any:
        command = RollbackPolicy(version_id, (await self.preview(version_id)).token, "went wrong")
        return await self.office.perform(self.actor, lambda work: rollback_policy(work, command))


@pytest.fixture
def rulebook(office: Office, estate: Estate) -> Rulebook:
    return Rulebook(office, estate)


async def test_a_published_policy_decides_and_the_revision_rises(
    office: Office, estate: Estate, rulebook: Rulebook
) -> None:
    async with office.database.read(estate.tenant_id) as session:
        before = await policy_revision(session, estate.tenant_id)
        assert await live_version(session, estate.tenant_id, PolicyKind.ROLES) is None
    row = await rulebook.publish(await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, EXAMPLE))
    assert (row.state, row.number) == (VersionState.LIVE, 1)
    async with office.database.read(estate.tenant_id) as session:
        assert await policy_revision(session, estate.tenant_id) == before + 1
        live = await live_version(session, estate.tenant_id, PolicyKind.ROLES)
    assert live is not None
    assert gate_of(live.content, estate.tenant_id).may(estate.actor("board-sales"), Action.SEAT_READ)


async def test_the_preview_names_who_gains_and_who_loses(estate: Estate, rulebook: Rulebook) -> None:
    lines = [line for line in SHIPPED if not line.startswith("board_member,review:")]
    shown = await rulebook.preview(await rulebook.draft({"lines": [*lines, NEW_LINE]}, EXAMPLE))
    boards = {f"person:{estate.people[who]}" for who in ("board-sales", "board-finance")}
    assert {one.principal for one in shown.people} == boards
    assert {one.gained for one in shown.people} == {("seat:read @ tenant",)}
    assert [(one.action, one.gain, one.lose) for one in shown.acts] == [
        *((f"review:{verb}", 0, 2) for verb in ("act", "decide", "note", "sign", "vote")), ("seat:read", 2, 0),
    ]  # fmt: skip
    assert {one.lost for one in shown.people} == {
        tuple(f"review:{verb} @ tenant" for verb in ("act", "decide", "note", "sign", "vote"))
    }


async def test_what_every_holder_loses_is_said_once(rulebook: Rulebook) -> None:
    lines = [line for line in SHIPPED if not line.startswith("holder,")]
    shown = await rulebook.preview(await rulebook.draft({"lines": lines}))
    assert [(one.principal, one.gained) for one in shown.people] == [("everyone", ())]
    assert "seat:accept @ own" in shown.people[0].lost
    assert ("seat:accept", 0, 0, True) in {(one.action, one.gain, one.lose, one.everyone) for one in shown.acts}


async def test_examples_that_fail_are_each_named_and_nothing_is_published(
    office: Office, estate: Estate, rulebook: Rulebook
) -> None:
    wrong = {**EXAMPLE, "allow": ["seat:read tenant foreign", "seat:read unit outside"]}
    version_id = await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, wrong)
    with pytest.raises(ExamplesFail) as refused:
        await rulebook.publish(version_id)
    assert len(refused.value.failed) == 2
    assert [reason.subject for reason in refused.value.reasons()] == list(refused.value.failed)
    async with office.reading(rulebook.actor) as work:
        assert await live_policy(work, PolicyKind.ROLES) is None


async def test_a_new_line_without_its_examples_is_not_published(rulebook: Rulebook) -> None:
    version_id = await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]})
    with pytest.raises(ExamplesFail) as refused:
        await rulebook.publish(version_id)
    assert {one.rpartition(": ")[2] for one in refused.value.failed} == {
        "has no allow example",
        "has no refuse example",
    }


async def test_an_example_of_a_line_that_is_gone_is_named(rulebook: Rulebook) -> None:
    with pytest.raises(ExamplesFail, match="is no line"):
        await rulebook.publish(await rulebook.draft({"lines": SHIPPED}, EXAMPLE))


@pytest.mark.parametrize(
    ("kind", "content", "example"),
    [
        (PolicyKind.ROLES, {"lines": ["it_admin,seat:fly,tenant,allow"]}, None),
        (PolicyKind.ROLES, {"lines": "it_admin"}, None),
        (PolicyKind.ROLES, {}, None),
        (PolicyKind.ROLES, {"lines": SHIPPED}, {"allow": []}),
        (PolicyKind.ROLES, {"lines": SHIPPED}, {"line": "nonsense"}),
        (PolicyKind.THRESHOLDS, {"use": {"warn": 80}}, None),
        (PolicyKind.THRESHOLDS, {**shipped_content(PolicyKind.THRESHOLDS), "use": "high"}, None),
        (PolicyKind.THRESHOLDS, shipped_content(PolicyKind.THRESHOLDS), {"percent": "many", "level": "WARN"}),
    ],
)
async def test_what_cannot_be_read_is_not_drafted(
    rulebook: Rulebook, kind: PolicyKind, content: dict[str, Any], example: Any
) -> None:
    with pytest.raises(BadPolicy):
        await rulebook.draft(content, *([example] if example else []), kind=kind)


async def test_nobody_locks_themselves_out(rulebook: Rulebook) -> None:
    lines = [line for line in SHIPPED if "policy:" not in line]
    with pytest.raises(LocksOut):
        await rulebook.publish(await rulebook.draft({"lines": lines}))


async def test_a_preview_that_is_not_of_this_version_publishes_nothing(rulebook: Rulebook) -> None:
    first = await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, EXAMPLE)
    second = await rulebook.draft({"lines": SHIPPED})
    other = (await rulebook.preview(second)).token
    with pytest.raises(PreviewStale):
        await rulebook.publish(first, other)


async def test_a_preview_goes_stale_when_a_grant_is_given_meanwhile(estate: Estate, rulebook: Rulebook) -> None:
    version_id = await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, EXAMPLE)
    token = (await rulebook.preview(version_id)).token
    await estate.grant("ada", Role.BOARD_MEMBER)
    with pytest.raises(PreviewStale):
        await rulebook.publish(version_id, token)


async def test_going_back_publishes_the_earlier_content_as_a_new_version(
    office: Office, estate: Estate, rulebook: Rulebook
) -> None:
    first = await rulebook.publish(await rulebook.draft({"lines": SHIPPED}))
    await rulebook.publish(await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, EXAMPLE))
    back = await rulebook.rollback(first.id)
    assert (back.number, back.state, back.rolled_back_to, back.content) == (
        3,
        VersionState.LIVE,
        first.id,
        first.content,
    )
    async with office.reading(rulebook.actor) as work:
        states = (await work.session.execute(select(visible_policies(work).subquery().c.state))).scalars().all()
        assert sorted(states) == ["LIVE", "RETIRED", "RETIRED"]
    with pytest.raises(WrongState):
        await rulebook.rollback(back.id)


async def test_what_is_live_is_not_published_again(rulebook: Rulebook) -> None:
    row = await rulebook.publish(await rulebook.draft({"lines": SHIPPED}))
    with pytest.raises(WrongState):
        await rulebook.publish(row.id)


async def test_where_policy_asks_for_four_eyes_the_drafter_does_not_publish(
    office: Office, estate: Estate, rulebook: Rulebook
) -> None:
    await rulebook.publish(await rulebook.draft({"lines": SHIPPED, "four_eyes": True}))
    version_id = await rulebook.draft({"lines": [*SHIPPED, NEW_LINE], "four_eyes": True}, EXAMPLE)
    with pytest.raises(DrafterPublishes):
        await rulebook.publish(version_id)
    await estate.grant("ben", Role.IT_ADMIN)
    other = Rulebook(office, estate)
    other.actor = estate.actor("ben", role=Role.IT_ADMIN)
    assert (await other.publish(version_id)).state is VersionState.LIVE


async def test_lines_that_move_are_shown_and_hold_once_published(office: Office, rulebook: Rulebook) -> None:
    content = {**shipped_content(PolicyKind.THRESHOLDS)}
    content["use"] = {**content["use"], "warn": 75}
    examples = ({"percent": "76", "level": "WARN"}, {"percent": "71", "from": "WARN", "level": "WARN"})
    version_id = await rulebook.draft(content, *examples, kind=PolicyKind.THRESHOLDS)
    shown = await rulebook.preview(version_id)
    assert [(one.line, one.before, one.after) for one in shown.lines] == [("use.warn", "80", "75")]
    await rulebook.publish(version_id)
    async with office.reading(rulebook.actor) as work:
        assert (await live_thresholds(work)).use.warn == 75


async def test_a_threshold_example_that_fails_is_named(rulebook: Rulebook) -> None:
    content = dict(shipped_content(PolicyKind.THRESHOLDS))
    version_id = await rulebook.draft(content, {"percent": 79, "level": "WARN"}, kind=PolicyKind.THRESHOLDS)
    with pytest.raises(ExamplesFail, match="at 79 % coming from no level: no level, not WARN"):
        await rulebook.publish(version_id)


async def test_who_may_not_draft_is_refused_and_who_may_not_read_finds_nothing(
    office: Office, estate: Estate, rulebook: Rulebook
) -> None:
    with pytest.raises(Refused):
        await Rulebook(office, estate, "auditor").draft({"lines": SHIPPED})
    version_id = await rulebook.draft({"lines": SHIPPED})
    token = (await rulebook.preview(version_id)).token
    with pytest.raises(Refused):
        await Rulebook(office, estate, "auditor").publish(version_id, token)
    with pytest.raises(NotFound):
        await Rulebook(office, estate, "ada").preview(version_id)
    other = await Estate.raised(office, "Twin Group")
    with pytest.raises(NotFound):
        await Rulebook(office, other).preview(version_id)


async def test_each_step_stands_in_the_trail(office: Office, estate: Estate, rulebook: Rulebook) -> None:
    first = await rulebook.publish(await rulebook.draft({"lines": SHIPPED}))
    await rulebook.publish(await rulebook.draft({"lines": [*SHIPPED, NEW_LINE]}, EXAMPLE))
    await rulebook.rollback(first.id)

    async def trail(work: Work) -> list[tuple[str, Any, Any]]:
        rows = await work.session.execute(select(Entry).order_by(Entry.recorded_at, Entry.id))
        return [(e.act, e.before, e.reason) for e in rows.scalars()]

    async with office.reading(rulebook.actor) as work:
        assert await trail(work) == [
            ("policy:draft", None, None),
            ("policy:publish", {"live": None}, "reviewed"),
            ("policy:draft", None, None),
            ("policy:publish", {"live": 1}, "reviewed"),
            ("policy:rollback", {"live": 2}, "went wrong"),
        ]
