"""Notices exist once and are tried until they arrive: at least once, one id, dead after eight tries and visible."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from governance.directory.models import Person
from governance.directory.rules import LinkPurpose
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound
from governance.kernel.work import Office, Work
from governance.notices.errors import FactsMissing, SendFailed, UnknownText
from governance.notices.models import Notice
from governance.notices.queries import notice, visible_notices
from governance.notices.rules import MOST_ATTEMPTS, Channel, DeliveryState, Letter
from governance.notices.service import Delivered, deliver_due, tell
from governance.runs.principals import system_actor
from tests.estate import Estate
from tests.governance.holding import leave

FACTS = {
    "license": "M365\r\nBcc: x@evil.example", "pool": "main", "percent": "80.0", "occupied": 8, "supply": 10, "since": "now",
}  # fmt: skip


@dataclass
class Box:
    """A channel that keeps what it takes and refuses as often as it is told to."""

    refuse: int = 0
    letters: list[Letter] = field(default_factory=list)
    tried: list[UUID] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        self.tried.append(letter.id)
        if self.refuse > 0:
            self.refuse -= 1
            raise SendFailed("the mail server answered 451")
        self.letters.append(letter)


async def link(work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID) -> str:
    return f"https://lictor.example/{purpose.value.lower()}/{subject_id}"


async def told(office: Office, estate: Estate, who: str = "ada", key: str = "k1", text: str = "pool-use-warn") -> Any:
    actor = system_actor(estate.tenant_id, "tests")
    facts = {**FACTS, "subject_id": str(UUID(int=7)), "until": "then"}
    return await office.perform(actor, lambda work: tell(work, estate.people[who], text, facts, key))


async def deliver(office: Office, box: Box) -> Delivered:
    return await deliver_due(office, {Channel.MAIL: box}, link)


async def row_of(office: Office, estate: Estate, notice_id: UUID) -> Notice:
    async with office.reading(estate.actor("admin")) as work:
        return await notice(work, notice_id)


async def test_a_notice_exists_once_per_key(office: Office, estate: Estate) -> None:
    first = await told(office, estate)
    assert (await told(office, estate)).id == first.id
    assert (await told(office, estate, key="k2")).id != first.id
    await asyncio.gather(*(told(office, estate, key="k3") for _ in range(6)))
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(func.count()).select_from(Notice))).scalar_one() == 3


async def test_a_letter_goes_out_once_in_the_persons_language(office: Office, estate: Estate) -> None:
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Person).where(Person.id == estate.people["ada"]).values(locale="de-CH"))
    row = await told(office, estate)
    box = Box()
    assert await deliver(office, box) == Delivered(sent=1)
    assert await deliver(office, box) == Delivered()
    (letter,) = box.letters
    assert (letter.id, letter.to_address, letter.language) == (row.id, "ada@halden.example", "de")
    assert letter.subject == "M365 Bcc: x@evil.example: Pool main wird voll (80.0 %)"
    assert letter.body.startswith("Guten Tag Ada\n")
    sent = await row_of(office, estate, row.id)
    assert (sent.state, sent.attempts, sent.sent_at) == (DeliveryState.SENT, 1, office.clock.now())


async def test_a_refused_letter_is_tried_again_later_under_the_same_id(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    row = await told(office, estate)
    box = Box(refuse=2)
    assert await deliver(office, box) == Delivered(waiting=1)
    assert await deliver(office, box) == Delivered()  # it rests
    for _ in range(2):
        clock.set((await row_of(office, estate, row.id)).next_try_at)
        await deliver(office, box)
    assert box.tried == [row.id] * 3
    kept = await row_of(office, estate, row.id)
    assert (kept.state, kept.attempts, kept.last_error) == (DeliveryState.SENT, 3, None)


async def test_after_eight_tries_it_is_dead_and_stays_on_the_list(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    row = await told(office, estate)
    box = Box(refuse=100)
    for _ in range(20):
        await deliver(office, box)
        clock.advance(timedelta(hours=7))
    assert len(box.tried) == MOST_ATTEMPTS
    async with office.reading(estate.actor("auditor")) as work:
        (dead,) = (await work.session.execute(visible_notices(work, [DeliveryState.DEAD]))).scalars().all()
    assert (dead.id, dead.last_error) == (row.id, "the mail server answered 451")


async def test_a_process_that_dies_while_sending_loses_nothing(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    class Dying(Box):
        async def send(self, letter: Letter) -> None:
            await super().send(letter)
            raise KeyboardInterrupt

    row = await told(office, estate)
    dying, box = Dying(), Box()
    with pytest.raises(KeyboardInterrupt):
        await deliver(office, dying)
    assert await deliver(office, box) == Delivered()
    clock.advance(timedelta(minutes=2))
    assert await deliver(office, box) == Delivered(sent=1)
    assert dying.tried == box.tried == [row.id]  # at least once, under one id


async def test_processes_side_by_side_send_a_letter_once(office: Office, estate: Estate) -> None:
    for n in range(3):
        await told(office, estate, key=f"k{n}")
    box = Box()
    totals = await asyncio.gather(*(deliver(office, box) for _ in range(4)))
    assert sum(totals, Delivered()) == Delivered(sent=3)
    assert len(set(box.tried)) == len(box.tried) == 3


async def test_a_leaver_is_not_written_to(office: Office, estate: Estate) -> None:
    row = await told(office, estate)
    await leave(estate, "ada")
    assert await told(office, estate, key="k2") is None
    box = Box()
    assert await deliver(office, box) == Delivered(dead=1)
    assert box.tried == []
    assert (await row_of(office, estate, row.id)).last_error == "the person has left"


async def test_a_link_is_made_when_the_letter_goes_out_and_never_kept(office: Office, estate: Estate) -> None:
    row = await told(office, estate, text="seat-invited")
    box = Box()
    await deliver(office, box)
    assert f"https://lictor.example/accept_seat/{UUID(int=7)}" in box.letters[0].body
    assert "lictor.example" not in str((await row_of(office, estate, row.id)).facts)


async def test_without_a_channel_notices_wait_untried(office: Office, estate: Estate) -> None:
    row = await told(office, estate)
    assert await deliver_due(office, {}, link) == Delivered()
    assert (await row_of(office, estate, row.id)).attempts == 0


async def test_unknown_texts_people_and_missing_facts_are_named(office: Office, estate: Estate) -> None:
    actor = system_actor(estate.tenant_id, "tests")
    for person_id, text, facts, error in (
        (estate.people["ada"], "no-such-text", FACTS, UnknownText),
        (estate.people["ada"], "pool-use-warn", {"pool": "x"}, FactsMissing),
        (uuid4(), "pool-use-warn", FACTS, NotFound),
    ):
        with pytest.raises(error):
            await office.perform(actor, lambda work, p=person_id, t=text, f=facts: tell(work, p, t, f, "k"))  # type: ignore[misc]


async def test_notices_of_others_are_not_there(office: Office, estate: Estate) -> None:
    row = await told(office, estate)
    other = await Estate.raised(office, "Twin Group")
    for actor in (other.actor("admin"), estate.actor("ben"), estate.actor("board-sales")):
        async with office.reading(actor) as work:
            with pytest.raises(NotFound):
                await notice(work, row.id)
