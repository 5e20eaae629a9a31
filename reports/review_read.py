"""What stood upon one review at an instant, as rows: what was recorded later is not in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import OrgUnit, Person, ServiceAccount
from governance.kernel.work import Work
from governance.reviews.models import (
    ActionItem,
    ActionStep,
    AimVerdict,
    Board,
    Decision,
    ItemVote,
    Mandate,
    Meeting,
    MeetingDay,
    Review,
    Signature,
    Snapshot,
)
from governance.reviews.queries import (
    Entry,
    listed_items,
    marks,
    meeting,
    own_items,
    review,
    signatures,
    snapshot,
    speakers,
    visible_actions,
    visible_meeting_days,
    visible_reviews,
    visible_votes,
)
from governance.reviews.quorum import Mark, Rule, Speaker, missing, unsigned
from governance.reviews.rules import ActionState, ReviewState, Seat
from governance.reviews.service import standing_hash
from governance.reviews.voting import Vote, tally
from reports.ground import Ground
from reports.words import Words
from reports.workbook import Row, Value

PERSON, SERVICE = "person:", "service:"
SHARES = frozenset({"first_use_within_30"})  # frozen as a share of 1; every other rate is in percent


@dataclass(frozen=True)
class Told:
    """A review with what was recorded of it by `at`; the decisions and steps in order, the newest last."""

    words: Words
    at: datetime
    row: Review
    unit: str
    frozen: Snapshot
    entries: Sequence[Entry]
    decided: Sequence[Decision]
    voted: Sequence[ItemVote]
    given: Sequence[ActionItem]
    steps: Mapping[UUID, ActionStep]
    judged: Mapping[UUID, AimVerdict]
    signed: Sequence[tuple[Signature, str, str]]
    mandates: Sequence[tuple[Mandate, Signature]]
    met: tuple[Meeting, Board] | None
    day: MeetingDay | None
    speaking: tuple[Speaker, ...]
    names: Mapping[str, str]

    @property
    def content(self) -> Any:
        return self.frozen.content

    def standing(self, key: str | None) -> Decision | None:
        """The last decision on an item, or on the whole."""
        return next((each for each in reversed(self.decided) if each.item_key == key), None)

    def about(self) -> Iterable[Row]:
        words, row = self.words, self.row
        yield self._fact("title", row.title)
        if self.met is not None:
            yield self._fact("board", self.met[1].name)
            yield self._fact("period", self.met[0].period)
            yield self._fact("meets", None if self.day is None else self.day.day.isoformat())
            yield self._fact("quorum", str(self.met[1].quorum))
            yield self._fact("lacks", self._lacks(self.met[1]) or words("note.none"))
        yield self._fact("unit", self.unit)
        yield self._fact("state", words(f"review.state_{self._state().value.lower()}"))
        yield self._fact("as_of", row.as_of.isoformat())
        yield self._fact("known_at", row.known_at.isoformat())
        yield self._fact("prepared", f"{self._who(row.prepared_by)}, {row.prepared_at.isoformat()}")
        yield self._fact("snapshot", self.frozen.sha256)
        yield self._fact("hash", self._hash())

    def _fact(self, name: str, value: str | None) -> Row:
        return {"fact": self.words(f"review.{name}"), "value": value}

    def _state(self) -> ReviewState:
        """How it stood then: signed where it is and nothing of that came later."""
        if self.standing(None) is None:
            return ReviewState.PREPARED
        whole = self.row.state is ReviewState.SIGNED and all(each.recorded_at <= self.at for each, _, _ in self.signed)
        reached = bool(self.signed) and not (self.met and self._lacks(self.met[1]))
        return ReviewState.SIGNED if whole and reached else ReviewState.DECIDED

    def _lacks(self, of: Board) -> str:
        rule = Rule(of.quorum, of.chair_needed, tuple(of.departments_needed))
        given = tuple(Mark(m.member_id, s.person_id, m.department, s.recorded_at) for m, s in self.mandates)
        lacks = missing(rule, self.speaking, given)
        return "" if lacks.nothing else lacks.said(unsigned(self.speaking, given, self.at))

    def _hash(self) -> str | None:
        whole = self.standing(None)
        if whole is None:
            return None
        keys = sorted({each.item_key for each in self.decided if each.item_key is not None})
        return standing_hash(self.frozen, whole, [each for key in keys if (each := self.standing(key))])

    def agenda(self) -> Iterable[Row]:
        for number, entry in enumerate(self.entries, 1):
            facts, stands = entry.facts, self.standing(entry.key)
            now, before = (facts.get(name) or {} for name in ("now", "before"))
            moved = (facts.get("change") or {}).get("moved")
            scale = 100 if facts.get("measure") in SHARES else 1
            yield {
                "number": number, "item": self._title(entry), "kind": self._word("kind", entry.kind.value),
                "source": str(facts.get("rule", "")) or self.words("review.own"),
                "measure": (facts.get("aim") or facts).get("measure"),
                "now": _number(now.get("value"), scale), "lower": _number(now.get("lower"), scale),
                "upper": _number(now.get("upper"), scale), "before": _number(before.get("value"), scale),
                "change": None if moved is None else self._word("moved", moved),
                **self._counts(entry.key),
                "outcome": None if stands is None or stands.outcome is None
                else self._word("outcome", stands.outcome.value),
                "day": _day(facts), "key": entry.key,
            }  # fmt: skip

    def _counts(self, key: str) -> dict[str, Value]:
        """The voices of departments, counted as the board counts them; none where it is no board's."""
        if self.met is None:
            return dict.fromkeys(("for", "against", "abstain"))
        of = self.met[1]
        rule = Rule(of.quorum, of.chair_needed, tuple(of.departments_needed))
        given = [Vote(v.member_id, v.person_id, v.department, v.choice, v.recorded_at)
                 for v in self.voted if v.item_key == key]  # fmt: skip
        counted = tally(rule, self.speaking, given, self.at)
        voices = [voice.value.lower() for voice in counted.voices.values()]
        return {name: voices.count(name) for name in ("for", "against", "abstain")}

    def decisions(self) -> Iterable[Row]:
        for each in self.decided:
            stands = self.standing(each.item_key) is each
            yield {
                "item": self._item(each.item_key),
                "outcome": None if each.outcome is None else self._word("outcome", each.outcome.value),
                "text": each.text, "by": self._who(each.decided_by), "at": each.recorded_at,
                "standing": self.words("review.stands" if stands else "review.replaced"), "sha256": each.sha256,
            }  # fmt: skip

    def votes(self) -> Iterable[Row]:
        seats = {each.id: each.seat for each in self.speaking}
        for each in sorted(self.voted, key=lambda vote: (vote.item_key, vote.department, vote.recorded_at)):
            yield {
                "item": self._item(each.item_key), "department": each.department,
                "choice": self.words(f"review.{each.choice.value.lower()}"),
                "member": self.names.get(f"{PERSON}{each.person_id}"),
                "seat": self._word("seat", seats.get(each.member_id, Seat.MEMBER).value), "at": each.recorded_at,
                "key": each.item_key,
            }  # fmt: skip

    def actions(self) -> Iterable[Row]:
        for each in self.given:
            step, judged = self.steps[each.id], self.judged.get(each.id)
            closed = step.state is not ActionState.OPEN
            late = not closed and each.due_at <= self.at
            yield {
                "what": each.what, "item": self._item(each.item_key),
                "owner": self.names.get(f"{PERSON}{each.owner_now}"), "due_day": each.due_day,
                "state": self.words("review.action_overdue") if late else self._word("action", step.state.value),
                "closed_at": step.recorded_at if closed else None, "reason": step.reason, "aim": each.aim_measure,
                "direction": None if each.aim_direction is None else self._word("direction", each.aim_direction.value),
                "target": _number(each.aim_target), "then": _number((each.aim_then or {}).get("value")),
                "judge_day": each.judge_day,
                "judged": _number((judged.now or {}).get("value")) if judged is not None else None,
                "verdict": None if judged is None else self._word("verdict", judged.verdict.value),
            }  # fmt: skip

    def signatures(self) -> Iterable[Row]:
        departments = {signed.id: mandate.department for mandate, signed in self.mandates}
        for each, name, unit in self.signed:
            yield {"member": name, "department": departments.get(each.id), "unit": unit, "at": each.recorded_at,
                   "sha256": each.sha256}  # fmt: skip

    def _item(self, key: str | None) -> str:
        if key is None:
            return self.words("review.whole")
        return next((self._title(each) for each in self.entries if each.key == key), key)

    def _title(self, entry: Entry) -> str:
        """What an item is about: a renewal is told with its licenses, the wait for first use in words."""
        if entry.facts.get("licenses"):
            return f"{', '.join(entry.facts['licenses'])}, {entry.title}"
        return self.words("review.first_use") if entry.title == "time-to-first-use" else entry.title

    def _word(self, kind: str, value: str) -> str:
        return self.words(f"review.{kind}_{value.lower()}")

    def _who(self, principal: str) -> str:
        return self.names.get(principal, principal)


async def read_review(ground: Ground) -> Told | None:
    """Read the review asked for, else the newest that was prepared by then; None where there is none."""
    work, at = ground.work, min(ground.when.as_of, ground.when.known_at)
    row = await _chosen(ground, at)
    if row is None:
        return None

    def known(rows: Sequence[Any]) -> list[Any]:
        return [each for each in rows if each.recorded_at <= at]

    decisions = select(Decision).where(Decision.tenant_id == work.tenant_id, Decision.review_id == row.id)
    actions = visible_actions(work).where(ActionItem.review_id == row.id)
    days_set = visible_meeting_days(work).where(MeetingDay.review_id == row.id)
    votes = visible_votes(work).where(ItemVote.review_id == row.id)
    frozen, met = await snapshot(work, row.id), await meeting(work, row.id)
    own, decided = (
        known(await own_items(work, row.id)),
        known(await _all(work, decisions, Decision.recorded_at, Decision.id)),
    )
    given = known(await _all(work, actions, ActionItem.due_day, ActionItem.id))
    ids = [each.id for each in given]
    days = known(await _all(work, days_set, MeetingDay.recorded_at, MeetingDay.id))
    sitting = () if met is None else known(await speakers(work, met[1].id))
    signed = [each for each in await signatures(work, row.id) if each[0].recorded_at <= at]
    voted = [each for each in await _all(work, votes, ItemVote.recorded_at, ItemVote.id) if each.recorded_at <= at
             and (each.superseded_at is None or each.superseded_at > at)]  # fmt: skip
    people = [*(f"{PERSON}{each.person_id}" for each in voted), *(f"{PERSON}{each.owner_now}" for each in given)]
    unit = await work.session.get_one(OrgUnit, (row.tenant_id, row.unit_id))
    principals = [row.prepared_by, *(each.decided_by for each in decided), *people]
    return Told(
        words=ground.words, at=at, row=row, unit=unit.name,
        frozen=frozen, entries=listed_items(row.id, frozen, own), decided=decided, voted=voted, given=given,
        steps={each.action_id: each for each in known(await _by_action(work, ActionStep, ids))},
        judged={each.action_id: each for each in known(await _by_action(work, AimVerdict, ids))},
        signed=signed, mandates=[each for each in await marks(work, row.id) if each[1].recorded_at <= at], met=met,
        day=days[-1] if days else None,
        speaking=tuple(Speaker(s.id, s.person_id, s.department, s.seat, s.start, s.end) for s in sitting),
        names=await _names(work, principals),
    )  # fmt: skip


async def _chosen(ground: Ground, at: datetime) -> Review | None:
    if ground.review_id is not None:
        return await review(ground.work, ground.review_id)
    newest = visible_reviews(ground.work).where(Review.prepared_at <= at)
    query = newest.order_by(Review.prepared_at.desc(), Review.id.desc()).limit(1)
    return (await ground.work.session.execute(query)).scalar_one_or_none()


async def _all(work: Work, query: Any, *order: Any) -> Sequence[Any]:
    return (await work.session.execute(query.order_by(*order))).scalars().all()


async def _by_action(work: Work, model: Any, ids: Sequence[UUID]) -> Sequence[Any]:
    query = select(model).where(model.tenant_id == work.tenant_id, model.action_id.in_(ids))
    return await _all(work, query, model.recorded_at, model.id)


async def _names(work: Work, principals: Iterable[str]) -> dict[str, str]:
    """Name people and services as reviews name them to everybody who may read one."""
    wanted = set(principals)
    found: dict[str, str] = {}
    for kind, model in ((PERSON, Person), (SERVICE, ServiceAccount)):
        ids = [UUID(each.removeprefix(kind)) for each in wanted if each.startswith(kind)]
        query: Any = select(model.id, model.name).where(model.tenant_id == work.tenant_id, model.id.in_(ids))
        found |= {f"{kind}{row[0]}": row[1] for row in await work.session.execute(query)} if ids else {}
    return found


def _day(facts: Mapping[str, Any]) -> date | None:
    """The day an item turns on: the last usable one of what ends, the one an action is due."""
    said = facts.get("last_day") or facts.get("due_day")
    return None if said is None else date.fromisoformat(said)


def _number(said: Any, scale: int = 1) -> Decimal | None:
    return None if said is None else Decimal(str(said)) * scale
