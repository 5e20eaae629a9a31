"""Telling people: a notice is written with the change it tells of; its delivery is tried until it arrives or dies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from governance.directory.models import Person
from governance.directory.rules import LinkPurpose, PersonStatus
from governance.kernel.errors import NotFound
from governance.kernel.work import Change, Office, Work
from governance.notices.errors import FactsMissing, SendFailed, UnknownText
from governance.notices.models import Notice
from governance.notices.nearest import nearest_with_role
from governance.notices.queries import Due, due, due_notices, notice_by_key, people_with_role
from governance.notices.rules import (
    LANGUAGES,
    LINK,
    MOST_ATTEMPTS,
    Channel,
    DeliveryState,
    Letter,
    catalog,
    language_of,
    wait_after,
    write,
)
from policies.access.parties import Actor, Role

MOST_AT_ONCE = 500
GONE = "the person has left"


class Sender(Protocol):
    """Takes letters of one channel. Raises SendFailed, whose text tells why and holds no secret."""

    async def send(self, letter: Letter) -> None: ...


class Links(Protocol):
    """Makes the one-purpose link that a text names, in the transaction of the try. Gives its full address."""

    async def __call__(self, work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID) -> str: ...


@dataclass(frozen=True)
class Delivered:
    """How many letters went out, will be tried again, and were given up."""

    sent: int = 0
    waiting: int = 0
    dead: int = 0

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(self.sent + other.sent, self.waiting + other.waiting, self.dead + other.dead)


async def tell(work: Work, person_id: UUID, text_key: str, facts: Mapping[str, Any], dedupe_key: str) -> Notice | None:
    """Write a notice for one person, exactly once per `dedupe_key`: told before, it gives the notice that exists.

    `facts` are JSON; the text's `name` is added. Gives None for a person who left: they are not written to.
    Raises NotFound for an unknown person, UnknownText, FactsMissing.
    """
    person = await work.session.get(Person, (work.tenant_id, person_id))
    if person is None:
        raise NotFound("person", str(person_id))
    _check_text(text_key, facts)
    if person.status is PersonStatus.LEFT:
        return None
    return await notice_by_key(work, dedupe_key) or await _written(work, person_id, text_key, facts, dedupe_key)


async def tell_first(
    work: Work, people: Collection[UUID | None], text_key: str, facts: Mapping[str, Any], dedupe_key: str,
    unit_id: UUID | None = None,
) -> None:  # fmt: skip
    """Tell those of `people` who are still here; where none is, the IT admins nearest to the unit, or the tenant's.

    Each is told exactly once per `dedupe_key`. Raises NotFound for an unknown person, UnknownText, FactsMissing.
    """
    named = [person_id for person_id in dict.fromkeys(people) if person_id is not None]
    told = [await tell(work, person_id, text_key, facts, f"{dedupe_key}:{person_id}") for person_id in named]
    if not any(told):
        admin = Role.IT_ADMIN
        others = await (nearest_with_role(work, admin, unit_id) if unit_id else people_with_role(work, admin))
        for person_id in others:
            await tell(work, person_id, text_key, facts, f"{dedupe_key}:{person_id}")


async def _written(work: Work, person_id: UUID, text_key: str, facts: Mapping[str, Any], dedupe_key: str) -> Notice:
    now = work.now()
    row = Notice(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=person_id, channel=Channel.MAIL, text_key=text_key,
        facts=dict(facts), dedupe_key=dedupe_key, state=DeliveryState.WAITING, attempts=0, next_try_at=now,
        recorded_at=now,
    )  # fmt: skip
    try:
        async with work.session.begin_nested():
            work.session.add(row)
            await work.session.flush()
    except IntegrityError:
        twin = await notice_by_key(work, dedupe_key)
        if twin is None:
            raise
        return twin
    await work.record(Change("notice:tell", "person", person_id, after={"text": text_key, "notice": row.id}))
    return row


def _check_text(text_key: str, facts: Mapping[str, Any]) -> None:
    for language in LANGUAGES:
        text = catalog(language).get(text_key)
        if text is None:
            raise UnknownText(text_key)
        missing = text.needs - facts.keys() - {"name"}
        if text.link_purpose is not None:
            missing |= {"subject_id"} - facts.keys()
        if missing:
            raise FactsMissing(text_key, ", ".join(sorted(missing)))


async def deliver_due(office: Office, senders: Mapping[Channel, Sender], links: Links) -> Delivered:
    """Try every delivery whose time has come, of all tenants; at least once, with the same letter id at every try.

    A try is counted and its successor scheduled before the letter goes out, so that a process which dies in between
    neither loses the notice nor tries it without end. After 8 tries it is dead and stays on the list. A channel that
    no sender serves leaves its notices waiting, untried. Takes at most 500 a call; the next sweep takes on.
    """
    async with office.database.system_read() as session:
        found = await due_notices(session, office.clock.now(), MOST_AT_ONCE)
    total = Delivered()
    for tenant_id, notice_id in found:
        total += await _deliver(office, Actor(tenant_id, "system:deliveries"), notice_id, senders, links)
    return total


async def _deliver(
    office: Office, actor: Actor, notice_id: UUID, senders: Mapping[Channel, Sender], links: Links
) -> Delivered:
    async with office.writing(actor) as work:
        taken = await due(work, notice_id)
        if taken is None or taken.notice.channel not in senders:
            return Delivered()
        if taken.person.status is PersonStatus.LEFT:
            _give_up(taken.notice, GONE)
            return Delivered(dead=1)
        letter = await _letter(work, taken, links)
        taken.notice.attempts += 1
        taken.notice.next_try_at = work.now() + wait_after(notice_id, taken.notice.attempts)
    try:
        await senders[taken.notice.channel].send(letter)
    except SendFailed as error:
        return await _failed(office, actor, notice_id, str(error))
    await _keep(office, actor, notice_id, state=DeliveryState.SENT, sent_at=office.clock.now(), last_error=None)
    return Delivered(sent=1)


async def _letter(work: Work, due_now: Due, links: Links) -> Letter:
    notice, person = due_now.notice, due_now.person
    language = language_of(person.locale, due_now.tenant_locale)
    text = catalog(language)[notice.text_key]
    facts = {"name": person.name, **notice.facts}
    if text.link_purpose is not None:
        purpose = LinkPurpose(text.link_purpose)
        facts[LINK] = await links(work, person.id, purpose, UUID(notice.facts["subject_id"]))
    subject, body = write(text, facts)
    return Letter(notice.id, person.name, person.mail, subject, body, language, notice.recorded_at)


async def _failed(office: Office, actor: Actor, notice_id: UUID, why: str) -> Delivered:
    async with office.writing(actor) as work:
        row = await work.session.get(Notice, (work.tenant_id, notice_id))
        assert row is not None
        row.last_error = why[:400]
        if row.attempts < MOST_ATTEMPTS:
            return Delivered(waiting=1)
        _give_up(row, why)
        return Delivered(dead=1)


def _give_up(row: Notice, why: str) -> None:
    row.state, row.last_error = DeliveryState.DEAD, why[:400]


async def _keep(office: Office, actor: Actor, notice_id: UUID, **values: Any) -> None:
    async with office.writing(actor) as work:
        here = (Notice.tenant_id == work.tenant_id, Notice.id == notice_id)
        await work.session.execute(update(Notice).where(*here).values(**values))
