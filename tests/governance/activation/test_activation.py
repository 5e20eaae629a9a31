"""Journeys: events once each in any order, unknown names matched later, help asked for, one question answered once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.activation.models import JourneyEvent, SupportContact, Survey
from governance.activation.rules import Channel, Mark, Step
from governance.activation.service import (
    CloseContact,
    DeclareErrorText,
    DeclareJourney,
    OpenContact,
    answer_survey,
    ask_survey,
    close_contact,
    declare_error,
    declare_journey,
    open_contact,
    rematch_all,
    take_events,
)
from governance.audit.models import Entry
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.holding import seat


def told(kind: str, source_id: str, time: str = "2026-03-02T08:00:00Z", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": source_id, "source": "/setup", "type": f"lictor.{kind}", "time": time,
        "data": {"person": "ada", "product": "m365"} | data,
    }  # fmt: skip


async def sent(estate: Estate, *events: Any) -> Any:
    return await estate.office.perform(estate.actor("admin"), lambda work: take_events(work, events))


async def rows(estate: Estate, model: Any) -> list[Any]:
    async with estate.office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(model).where(model.tenant_id == estate.tenant_id))).scalars())


async def test_steps_and_errors_are_kept_once_and_bad_ones_refused_by_position(office: Office, estate: Estate) -> None:
    await estate.product("m365")
    batch = [
        told("activation.step", "1", step="installed"),
        told("activation.error", "2", step="REGISTERED", code="E-17"),
        told("activation.step", "3", step="accepted"),
        told("activation.error", "4", step="REGISTERED"),
        told("support.opened", "5", case="T1", channel="pigeon"),
    ]
    answer = await sent(estate, *batch)
    again = await sent(estate, *batch[:2])
    assert (answer.accepted, again.accepted, again.duplicates) == (2, 0, 2)
    assert [(no.index, no.message.split(":")[0]) for no in answer.refused] == [
        (2, "data.step"), (3, "data.code"), (4, "data.channel"),
    ]  # fmt: skip
    assert {(row.step, row.mark, row.code) for row in await rows(estate, JourneyEvent)} == {
        (Step.INSTALLED, Mark.REACHED, None), (Step.REGISTERED, Mark.FAILED, "E-17"),
    }  # fmt: skip


async def test_what_names_nobody_known_is_matched_when_person_and_product_come(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await sent(
        estate,
        told("activation.step", "1", step="INSTALLED", person="late"),
        told("seat.used", "2", person="late"),
        told("support.opened", "3", person="late", case="T1"),
    )
    await rematch_all(office)
    assert await rows(estate, JourneyEvent) == []
    await estate.product("m365")
    await rematch_all(office)
    assert await rows(estate, JourneyEvent) == []
    clock.advance(timedelta(days=1))
    late = await estate.person("late")
    await rematch_all(office)
    await rematch_all(office)
    [event] = await rows(estate, JourneyEvent)
    assert (event.person_id, event.recorded_at) == (late, clock.now())
    assert [row.case_id for row in await rows(estate, SupportContact)] == ["T1"]
    assert [one.subject_id for one in await rows(estate, OutboxEvent) if one.name == "UsageObserved"] == [late]


async def test_a_case_that_is_closed_before_it_is_opened_is_one_contact(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    lic = await estate.license("m365", product_id=await estate.product("m365"))
    seat_id = await seat(estate, lic, "ada")
    clock.advance(timedelta(minutes=5))
    await sent(estate, told("support.closed", "2", "2026-03-02T09:03:00Z", case="T1", channel="CHAT"))
    await sent(estate, told("support.opened", "1", "2026-03-02T09:01:00Z", case="T1", channel="CHAT"))
    [row] = await rows(estate, SupportContact)
    assert (row.channel, f"{row.opened_at:%H:%M}", f"{row.closed_at:%H:%M}") == (Channel.CHAT, "09:01", "09:03")
    assert row.assignment_id == seat_id


async def test_the_value_moment_is_what_the_tenant_declares_and_a_later_word_supersedes(
    office: Office, estate: Estate
) -> None:
    product = await estate.product("m365")

    async def say(who: str = "admin", **what: Any) -> Any:
        return await office.perform(
            estate.actor(who), lambda work: declare_journey(work, DeclareJourney(product, **what))
        )

    await say(value_type="com.example.shared", value_feature="workbook")
    event = told("x", "1", feature="workbook") | {"type": "com.example.shared"}
    await sent(estate, event, event | {"id": "2", "data": event["data"] | {"feature": "other"}})
    await say(survey=True)
    await sent(estate, event | {"id": "3"})
    assert [row.step for row in await rows(estate, JourneyEvent)] == [Step.VALUE]
    with pytest.raises(BadInput, match="value_feature"):
        await say(value_feature="workbook")
    with pytest.raises(Refused):
        await say("auditor", survey=True)


async def test_an_error_text_is_changed_under_its_version(office: Office, estate: Estate) -> None:
    product = await estate.product("m365")

    async def say(title: str, version: int | None) -> Any:
        asked = DeclareErrorText(product, "E-17", title, "Ask the vendor", version)
        return await office.perform(estate.actor("admin"), lambda work: declare_error(work, asked))

    first = await say("Key refused", None)
    with pytest.raises(Conflict):
        await say("Other", None)
    assert (await say("Key not known", first.version)).version == 2


async def test_a_holder_asks_for_help_with_their_own_seat_only(office: Office, estate: Estate) -> None:
    lic = await estate.license("m365")
    own, other = await seat(estate, lic, "ada"), await seat(estate, lic, "ben")
    ada, admin = estate.actor("ada"), estate.actor("admin")
    row = await office.perform(ada, lambda work: open_contact(work, OpenContact(own, note="It asks for a key")))
    with pytest.raises(NotFound):
        await office.perform(ada, lambda work: open_contact(work, OpenContact(other)))
    with pytest.raises(Refused):
        await office.perform(ada, lambda work: close_contact(work, CloseContact(row.id, 1)))
    with pytest.raises(BadInput):
        await office.perform(ada, lambda work: open_contact(work, OpenContact(own, step=Step.INVITED)))
    done = await office.perform(admin, lambda work: close_contact(work, CloseContact(row.id, 1)))
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: close_contact(work, CloseContact(row.id, done.version)))
    assert {entry.act for entry in await rows(estate, Entry)} >= {"support:open", "support:close"}
    assert [one.name for one in await rows(estate, OutboxEvent)].count("HelpAsked") == 1


async def test_one_question_is_put_once_and_answered_once_by_its_holder(office: Office, estate: Estate) -> None:
    product = await estate.product("m365")
    lic = await estate.license("m365", product_id=product)
    seat_id = await seat(estate, lic, "ada")
    admin = estate.actor("admin")
    assert await office.perform(admin, lambda work: ask_survey(work, seat_id)) is None
    await office.perform(admin, lambda work: declare_journey(work, DeclareJourney(product, survey=True)))
    asked = await office.perform(admin, lambda work: ask_survey(work, seat_id))
    assert await office.perform(admin, lambda work: ask_survey(work, seat_id)) is None
    ada, ben = estate.actor("ada"), estate.actor("ben")
    with pytest.raises(NotFound):
        await office.perform(ben, lambda work: answer_survey(work, asked.id, 5))
    with pytest.raises(BadInput):
        await office.perform(ada, lambda work: answer_survey(work, asked.id, 8))
    await office.perform(ada, lambda work: answer_survey(work, asked.id, 5))
    with pytest.raises(WrongState):
        await office.perform(ada, lambda work: answer_survey(work, asked.id, 6))
    [row] = await rows(estate, Survey)
    assert row.score == 5
    assert all("score" not in (entry.after or {}) for entry in await rows(estate, Entry))
