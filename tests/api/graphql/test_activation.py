"""Journeys through the graph: declared, told by events, asked of a seat, helped with and answered; regions obeyed."""

from datetime import timedelta

import pytest

from api.graphql.engine import encode_node_id
from governance.activation.service import ask_survey, take_events
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import SeatEvent, SeatState
from policies.access.parties import Role
from tests.api.graphql.test_mutations import REFUSED
from tests.governance.holding import seat

JOURNEY = """query($id: ID!) { seat(id: $id) { journey { steps { step } errors { step code overcome }
    stuckAt { code } contacts { note person { name } } } } }"""
DECLARE = f"""mutation($input: DeclareJourneyInput!) {{ declareJourney(input: $input) {{
    ... on ProductJourney {{ survey valueType product {{ code }} }} {REFUSED} }} }}"""
TEXT = f"""mutation($input: DeclareErrorTextInput!) {{ declareErrorText(input: $input) {{
    ... on ErrorText {{ title version }} {REFUSED} }} }}"""
OPEN = f"""mutation($input: OpenSupportContactInput!) {{ openSupportContact(input: $input) {{
    ... on SupportContact {{ id version channel closedAt }} {REFUSED} }} }}"""
CLOSE = f"""mutation($input: CloseSupportContactInput!) {{ closeSupportContact(input: $input) {{
    ... on SupportContact {{ version closedAt }} {REFUSED} }} }}"""
ANSWER = f"""mutation($input: AnswerActivationSurveyInput!) {{ answerActivationSurvey(input: $input) {{
    ... on ActivationSurvey {{ score }} {REFUSED} }} }}"""
STUCK = "{ stuckSeats { totalCount nodes { step code product { code } person { name } seat { id } } } }"


async def stopped(door, country="US"):
    """Give the seat of somebody of that country whom an error has stopped."""
    estate, clock = door.estate, door.estate.office.clock
    product = await estate.product("m365")
    license_ = await estate.license("m365", product_id=product)
    await estate.person("stopped", country=country)
    seat_id = await seat(estate, license_, "stopped")
    clock.advance(timedelta(minutes=10))
    event = {
        "specversion": "1.0", "id": "1", "source": "/setup", "type": "lictor.activation.error",
        "time": clock.now().isoformat(),
        "data": {"person": "stopped", "product": "m365", "step": "VALIDATED", "code": "E-17"},
    }  # fmt: skip
    await estate.office.perform(estate.actor("admin"), lambda work: take_events(work, [event]))
    return product, encode_node_id("Seat", seat_id), seat_id


async def test_a_seat_tells_its_way_to_who_helps_and_to_its_holder_only(door):
    _, seat_id, _ = await stopped(door)
    await door.estate.grant("cleo", Role.LICENSE_OWNER, unit="halden")
    told = {
        "steps": [{"step": "ASSIGNED"}], "errors": [{"step": "VALIDATED", "code": "E-17", "overcome": False}],
        "stuckAt": {"code": "E-17"}, "contacts": [],
    }  # fmt: skip
    for who, expected in (("admin", told), ("stopped", told), ("cleo", None), ("auditor", None)):
        found = await (await door.as_(who)).ask(JOURNEY, id=seat_id)
        assert found["seat"] is not None, who
        assert found["seat"]["journey"] == expected, who
    assert (await (await door.as_("ben")).ask(JOURNEY, id=seat_id))["seat"] is None


@pytest.mark.parametrize(("country", "count", "name"), [("US", 1, "Stopped"), ("CH", 1, None), ("DE", 0, None)])
async def test_a_region_decides_who_is_named_among_the_stuck(door, country, count, name):
    _, seat_id, _ = await stopped(door, country)
    admin = await door.as_("admin")
    found = (await admin.ask(STUCK))["stuckSeats"]
    assert found["totalCount"] == count
    for node in found["nodes"]:
        assert (node["person"] and node["person"]["name"]) == name
        assert (node["seat"] is not None) is (name is not None)
    assert ((await admin.ask(JOURNEY, id=seat_id))["seat"]["journey"] is not None) is (name is not None)
    assert (await (await door.as_("auditor")).ask(STUCK))["stuckSeats"]["totalCount"] == 0


@pytest.mark.parametrize(("country", "told"), [("US", True), ("CH", False), ("DE", False)])
async def test_a_region_decides_whether_is_told_when_somebody_used_their_seat(door, country, told):
    _, seat_id, assignment_id = await stopped(door, country)
    estate, at = door.estate, door.estate.office.clock.now()
    async with estate.office.database.write(estate.tenant_id) as session:
        row = await session.get_one(Assignment, (estate.tenant_id, assignment_id))
        row.first_use_at = row.first_use_recorded_at = row.last_use_at = at
    step = {"assignment_id": assignment_id, "state": SeatState.ACTIVE, "event": SeatEvent.USE, "actor": "system:usage"}
    await estate.add(AssignmentStep(**estate.key(), **step, at=at, recorded_at=at))
    asked = "query($id: ID!) { seat(id: $id) { firstUseAt lastUseAt steps { event } } }"
    for who, shown in (("admin", told), ("stopped", True)):
        found = (await (await door.as_(who)).ask(asked, id=seat_id))["seat"]
        assert (found["firstUseAt"] is not None, found["lastUseAt"] is not None) == (shown, shown), who
        assert ("USE" in [one["event"] for one in found["steps"]]) is shown, who


async def test_help_is_asked_for_listed_and_closed_under_its_version(door):
    _, seat_id, _ = await stopped(door)
    holder, admin = await door.as_("stopped"), await door.as_("admin")
    bad = (await holder.ask(OPEN, input={"seat": seat_id, "step": "INVITED"}))["openSupportContact"]
    assert (bad["code"], bad["path"]) == ("BAD_INPUT", ["step"])
    row = (await holder.ask(OPEN, input={"seat": seat_id, "note": "A key?"}, key="once"))["openSupportContact"]
    again = (await holder.ask(OPEN, input={"seat": seat_id, "note": "A key?"}, key="once"))["openSupportContact"]
    assert again["id"] == row["id"]
    listed = "{ supportContacts(filter: {open: true}) { totalCount nodes { note person { name } seat { id } } } }"
    [one] = (await admin.ask(listed))["supportContacts"]["nodes"]
    assert one == {"note": "A key?", "person": {"name": "Stopped"}, "seat": {"id": seat_id}}
    for who, version, code in (("stopped", 1, "REFUSED"), ("admin", 7, "CONFLICT")):
        graph = holder if who == "stopped" else admin
        said = (await graph.ask(CLOSE, input={"contact": row["id"], "expectedVersion": version}))["closeSupportContact"]
        assert said["code"] == code
    closed = (await admin.ask(CLOSE, input={"contact": row["id"], "expectedVersion": 1}))["closeSupportContact"]
    assert closed["closedAt"] is not None
    assert (await admin.ask(listed))["supportContacts"]["totalCount"] == 0


async def test_journeys_and_codes_are_declared_and_the_question_is_answered_by_its_holder_once(door):
    product, seat_id, assignment_id = await stopped(door)
    admin, holder, auditor = await door.as_("admin"), await door.as_("stopped"), await door.as_("auditor")
    what = {"product": encode_node_id("Product", product), "survey": True, "valueType": "com.example.shared"}
    assert (await auditor.ask(DECLARE, input=what))["declareJourney"]["code"] == "REFUSED"
    said = (await admin.ask(DECLARE, input=what))["declareJourney"]
    assert said == {"survey": True, "valueType": "com.example.shared", "product": {"code": "m365"}}
    text = {"product": what["product"], "code": "E-17", "title": "The key is of another region"}
    assert (await admin.ask(TEXT, input=text))["declareErrorText"]["version"] == 1
    assert (await admin.ask(TEXT, input=text))["declareErrorText"]["code"] == "CONFLICT"
    assert (await holder.ask("{ errorTexts { nodes { title } } }"))["errorTexts"]["nodes"] == [{"title": text["title"]}]
    await door.estate.office.perform(door.estate.actor("admin"), lambda work: ask_survey(work, assignment_id))
    asked = "{ activationSurveys { nodes { id score seat { id } } } }"
    [own] = (await holder.ask(asked))["activationSurveys"]["nodes"]
    assert (own["score"], own["seat"]) == (None, {"id": seat_id})
    assert (await admin.ask(asked))["activationSurveys"]["nodes"] == []
    answer = {"survey": own["id"], "score": 6}
    assert (await admin.ask(ANSWER, input=answer))["answerActivationSurvey"]["code"] == "NOT_FOUND"
    assert (await holder.ask(ANSWER, input=answer | {"score": 8}))["answerActivationSurvey"]["path"] == ["score"]
    assert (await holder.ask(ANSWER, input=answer))["answerActivationSurvey"] == {"score": 6}
    assert (await holder.ask(ANSWER, input=answer))["answerActivationSurvey"]["code"] == "WRONG_STATE"


FUNNEL = f"""query($input: FunnelInput) {{ activationFunnel(input: $input) {{ ... on ActivationFunnel {{
    seats suppressed k contacts assignedFrom surveyScores {{ score until answers }}
    steps {{ step observed suppressed eligible reached lost notYet unknown share {{ value n }} wait {{ days }}
        errors {{ code seats }} errorsHidden }}
    groups {{ name seats suppressed steps {{ step reached }} }}
    scope {{ everything }} freshness {{ source }} definition {{ id version }} }} {REFUSED} }} }}"""


async def test_the_funnel_is_told_by_product_and_unit_with_the_wait_between_steps(door):
    estate, clock = door.estate, door.estate.office.clock
    product_id = await estate.product("m365")
    license_ = await estate.license("m365", product_id=product_id, quantity=30)
    product = encode_node_id("Product", product_id)
    start = clock.now()
    for n in range(20):
        used = start + timedelta(days=2) if n < 15 else None
        await seat(estate, license_, f"holder {n}", first_use_at=used, first_use_recorded_at=used)
    clock.advance(timedelta(days=20))
    graph = await door.as_("auditor")
    told = (await graph.ask(FUNNEL, input={"product": product, "by": "UNIT"}))["activationFunnel"]
    steps = {each["step"]: each for each in told["steps"]}
    use = steps["FIRST_USE"]
    assert (use["eligible"], use["reached"], use["lost"], use["notYet"], use["unknown"]) == (20, 15, 0, 5, 0)
    assert use["wait"] == {"days": 2.0}
    assert not steps["INSTALLED"]["observed"]
    assert [(group["name"], group["seats"]) for group in told["groups"]] == [("Sales", 20)]
    assert {"step": "FIRST_USE", "reached": 15} in told["groups"][0]["steps"]
    assert told["definition"] == {"id": "activation_funnel", "version": 2}
    refused = (await graph.ask(FUNNEL, input={"by": "UNIT"}))["activationFunnel"]
    assert refused["code"] == "BAD_INPUT"
    assert "product" in str(refused)
