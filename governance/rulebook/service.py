"""What people do with policy: draft a version, look at what it would change, publish it whole, go back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from governance.directory.rules import EVERYONE
from governance.directory.service import raise_revision
from governance.kernel.errors import Conflict, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Change, Work
from governance.rulebook import queries
from governance.rulebook.errors import DrafterPublishes, ExamplesFail, LocksOut
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import (
    FOUR_EYES,
    PolicyKind,
    ThresholdDifference,
    VersionState,
    acts_of,
    check_subject,
    failing,
    gate_of,
    shipped_content,
    threshold_differences,
)
from policies.access.actions import Action
from policies.access.parties import Ownership

VERB = Action.POLICY_PUBLISH.value
RETIRE = "policy:retire"

EVERYONES = "everyone"


@dataclass(frozen=True)
class DraftPolicy:
    """A version before it decides anything. `content` and `examples` as PolicyKind and rules.py describe them.

    `subject`: the code of the template that it is a version of; empty for other kinds.
    """

    kind: PolicyKind
    content: Mapping[str, Any]
    examples: Sequence[Any]
    note: str
    subject: str = ""


@dataclass(frozen=True)
class Gains:
    """What one principal (or everyone, as holder) could try that they could not before, and the other way round."""

    principal: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, order=True)
class ActGains:
    """How many people could try an act somewhere that they could not before, and the other way round.

    `everyone`: whether every holder gains or loses it, beside those counted.
    """

    action: str
    gain: int
    lose: int
    everyone: bool


@dataclass(frozen=True)
class PolicyPreview:
    """What a version would change; `failing` names examples that do not hold; `token` publishes exactly this."""

    version_id: UUID
    kind: PolicyKind
    people: tuple[Gains, ...]
    lines: tuple[ThresholdDifference, ...]
    failing: tuple[str, ...]
    token: str

    @property
    def acts(self) -> tuple[ActGains, ...]:
        """Sum up what people gain and lose, act by act; whoever does both at different places counts as both."""
        gain, lose = _by_act(self.people, "gained"), _by_act(self.people, "lost")
        sides = (gain, lose)
        return tuple(
            ActGains(
                act, _people_in(gain, act), _people_in(lose, act), any(EVERYONES in one.get(act, ()) for one in sides)
            )
            for act in sorted({*gain, *lose})
        )


def _people_in(those: Mapping[str, set[str]], act: str) -> int:
    return sum(who.startswith("person:") for who in those.get(act, ()))


def _by_act(people: Sequence[Gains], side: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in people:
        for named in getattr(one, side):
            found.setdefault(named.partition(" @ ")[0], set()).add(one.principal)
    return found


@dataclass(frozen=True)
class PublishPolicy:
    """Publish a draft by the token of its preview."""

    version_id: UUID
    token: str
    reason: str


@dataclass(frozen=True)
class RollbackPolicy:
    """Publish the content of an earlier version as a new one, by the token of that version's preview."""

    version_id: UUID
    token: str
    reason: str


@dataclass(frozen=True)
class RetireTemplate:
    """Take the live version of a template out of use."""

    version_id: UUID
    reason: str


async def draft_policy(work: Work, command: DraftPolicy) -> PolicyVersion:
    """Write a draft. It must be readable; its examples are tried at the preview and when it is published.

    Raises Refused, BadPolicy, Conflict when two drafts took the same number.
    """
    work.permit(Action.POLICY_DRAFT, Ownership(work.tenant_id), f"policy {command.kind}")
    subject = check_subject(command.kind, command.subject)
    failing(command.kind, command.content, command.examples, work.tenant_id)
    row = PolicyVersion(
        tenant_id=work.tenant_id, id=work.new_id(), kind=command.kind, subject=subject,
        number=await queries.next_number(work, command.kind),
        edition=await queries.next_edition(work, command.kind, subject), state=VersionState.DRAFT,
        content=dict(command.content), examples=list(command.examples), note=command.note,
        drafted_by=work.actor.principal, drafted_at=work.now(),
    )  # fmt: skip
    await _add(work, row)
    after = {"kind": row.kind, **_which(row), "number": row.shown_number, "note": row.note}
    await work.record(Change(Action.POLICY_DRAFT.value, "policy_version", row.id, after=after))
    return row


async def preview_policy(work: Work, version_id: UUID) -> PolicyPreview:
    """Say what would differ if this version were live: who gains and loses which acts, or which lines move.

    Raises NotFound.
    """
    row = await queries.policy(work, version_id)
    standing = await queries.live_policy(work, row.kind, row.subject)
    live = shipped_content(row.kind) if standing is None else standing.content
    people: tuple[Gains, ...] = ()
    lines: tuple[ThresholdDifference, ...] = ()
    if row.kind is PolicyKind.ROLES:
        people = await _gains(work, live, row.content)
    else:
        lines = threshold_differences(live, row.content)
    failed = failing(row.kind, row.content, row.examples, work.tenant_id)
    shown = PolicyPreview(row.id, row.kind, people, lines, failed, "")
    token = preview_token(
        work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=_diff(shown), now=work.now()
    )  # fmt: skip
    return replace(shown, token=token)


async def publish_policy(work: Work, command: PublishPolicy) -> PolicyVersion:
    """Make a draft the live version; every right is judged by it from this commit on.

    Raises NotFound, Refused, WrongState, PreviewStale, ExamplesFail, LocksOut, DrafterPublishes.
    """
    row = await queries.policy(work, command.version_id, lock=True)
    work.permit(Action.POLICY_PUBLISH, Ownership(work.tenant_id), f"policy {row.kind}")
    if row.state is not VersionState.DRAFT:
        raise WrongState("policy version", row.state, "be published")
    live = await queries.live_version(work.session, work.tenant_id, row.kind, row.subject, lock=True)
    if live is not None and live.content.get(FOUR_EYES) and row.drafted_by == work.actor.principal:
        raise DrafterPublishes(work.actor.principal)
    await _decide(work, row, command.token)
    await _make_live(work, row, live)
    await _record(work, Action.POLICY_PUBLISH, row, live, command.reason)
    return row


async def rollback_policy(work: Work, command: RollbackPolicy) -> PolicyVersion:
    """Publish what an earlier version said, as a new version. Raises as `publish_policy` does."""
    earlier = await queries.policy(work, command.version_id)
    work.permit(Action.POLICY_ROLLBACK, Ownership(work.tenant_id), f"policy {earlier.kind}")
    if earlier.state is not VersionState.RETIRED:
        raise WrongState("policy version", earlier.state, "be gone back to")
    await _decide(work, earlier, command.token)
    live = await queries.live_version(work.session, work.tenant_id, earlier.kind, earlier.subject, lock=True)
    row = PolicyVersion(
        tenant_id=work.tenant_id, id=work.new_id(), kind=earlier.kind, subject=earlier.subject,
        number=await queries.next_number(work, earlier.kind),
        edition=await queries.next_edition(work, earlier.kind, earlier.subject), state=VersionState.DRAFT,
        content=earlier.content, examples=earlier.examples, note=f"Back to version {earlier.shown_number}.",
        rolled_back_to=earlier.id, drafted_by=work.actor.principal, drafted_at=work.now(),
    )  # fmt: skip
    await _add(work, row)
    await _make_live(work, row, live)
    await _record(work, Action.POLICY_ROLLBACK, row, live, command.reason)
    return row


async def retire_template(work: Work, command: RetireTemplate) -> PolicyVersion:
    """Take a template's live version out of use: nothing is made by it any more, what was made by it stays.

    Raises NotFound, Refused, WrongState for one that is not live.
    """
    row = await queries.policy(work, command.version_id, lock=True)
    work.permit(Action.POLICY_PUBLISH, Ownership(work.tenant_id), f"policy {row.kind}")
    if row.kind is not PolicyKind.TEMPLATE or row.state is not VersionState.LIVE:
        raise WrongState("template version" if row.kind is PolicyKind.TEMPLATE else "policy", row.state, "be retired")
    row.state, row.retired_at = VersionState.RETIRED, work.now()
    await work.session.flush()
    after = {"live": None, "kind": row.kind, **_which(row)}
    await work.record(Change(RETIRE, "policy_version", row.id, {"live": row.shown_number}, after, command.reason))
    return row


async def _decide(work: Work, row: PolicyVersion, token: str) -> None:
    """Let pass what was shown, holds its examples, and leaves its publisher able to publish the next."""
    shown = await preview_policy(work, row.id)
    tenant, diff = str(work.tenant_id), _diff(shown)
    check_preview(work.office.secret, token, tenant=tenant, verb=VERB, diff=diff, now=work.now())
    if shown.failing:
        raise ExamplesFail(row.kind, shown.failing)
    if row.kind is PolicyKind.ROLES:
        gate = gate_of(row.content, work.tenant_id)
        if not gate.permits(work.actor, Action.POLICY_PUBLISH, Ownership(work.tenant_id)):
            raise LocksOut(work.actor.principal)


async def _make_live(work: Work, row: PolicyVersion, live: PolicyVersion | None) -> None:
    now = work.now()
    if live is not None:
        live.state, live.retired_at = VersionState.RETIRED, now
        await work.session.flush()
    row.state, row.published_by, row.published_at = VersionState.LIVE, work.actor.principal, now
    await work.session.flush()
    if row.kind is not PolicyKind.TEMPLATE:
        await raise_revision(work)


async def _record(work: Work, act: Action, row: PolicyVersion, live: PolicyVersion | None, reason: str) -> None:
    before = {"live": live.shown_number if live is not None else None}
    after = {"live": row.shown_number, "kind": row.kind, **_which(row)}
    await work.record(Change(act.value, "policy_version", row.id, before, after, reason))
    await work.emit("PolicyPublished", row.id, kind=row.kind.value, number=row.shown_number)


def _which(row: PolicyVersion) -> dict[str, str]:
    return {"subject": row.subject} if row.subject else {}


async def _add(work: Work, row: PolicyVersion) -> None:
    work.session.add(row)
    try:
        await work.session.flush()
    except IntegrityError as taken:
        raise Conflict(f"Policy {row.kind}", str(row.number - 1), str(row.number)) from taken


async def _gains(work: Work, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Gains, ...]:
    old, new = gate_of(before, work.tenant_id), gate_of(after, work.tenant_id)
    held = {EVERYONES: frozenset({EVERYONE}), **await queries.grants_by_principal(work)}
    found = []
    for principal, grants in sorted(held.items()):
        could, can = acts_of(old, work.tenant_id, grants), acts_of(new, work.tenant_id, grants)
        if could != can:
            found.append(Gains(principal, _named(can - could), _named(could - can)))
    return tuple(found)


def _named(acts: frozenset[tuple[str, Action]]) -> tuple[str, ...]:
    return tuple(sorted(f"{action} @ {place}" for place, action in acts))


def _diff(shown: PolicyPreview) -> dict[str, Any]:
    told = asdict(replace(shown, token=""))
    return {**told, "version_id": str(shown.version_id), "kind": shown.kind.value}
