"""People, agreements, search, one's own licenses: within reach, in both languages, answered once."""

from governance.directory.rules import PersonStatus
from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from governance.seats.service import AssignSeats, assign_seats
from tests.api.console.pages.conftest import words


async def test_people_are_listed_searched_and_paged(console):
    estate = console.estate
    for number in range(60):
        await estate.person(f"p{number:02}")
    await estate.person("gone", status=PersonStatus.LEFT)
    admin = await console.browser("admin")
    first = (await admin.get("/people")).text
    assert "68 " in words(first)
    after = first.split("after=")[1].split('"')[0]
    assert "P59" in await admin.page(f"/people?after={after}")
    assert "Gone" in await admin.page("/people?status=LEFT")
    assert "P07" in await admin.page("/people?q=p07@halden")
    assert "Nothing matches" in await admin.page("/people?q=%25")
    file = await admin.get("/people.csv")
    assert file.text.count("\n") >= 68


async def test_a_person_shows_what_they_hold(console):
    built = await console.estate.license("m365")
    await console.seated(built, "ada")
    admin = await console.browser("admin")
    shown = await admin.page(f"/people/{console.estate.people['ada']}")
    assert "m365" in shown
    assert "Release" in shown
    ben = await console.browser("ben")
    assert (await ben.get(f"/people/{console.estate.people['ada']}")).status_code == 404


async def test_agreements_are_listed_and_shown(console):
    built = await console.estate.license("m365")
    admin = await console.browser("admin", language="de")
    assert "EA-m365" in await admin.page("/agreements?q=ea-m")
    shown = await admin.page(f"/agreements/{built.agreement_id}")
    assert "Wie unterzeichnet" in shown
    assert "Europe/Zurich" in shown


async def test_search_finds_within_reach_only(console):
    await console.estate.license("adaptive")
    admin = await console.browser("admin")
    shown = await admin.page("/search?q=ada")
    assert "adaptive" in shown
    assert "Ada" in shown
    ben = await console.browser("ben")
    assert "Nothing matches" in await ben.page("/search?q=ada")
    assert "What are you looking for?" in await ben.page("/search")


async def test_a_holder_accepts_declines_and_gives_back(console):
    estate, desk = console.estate, console.desk
    first = await estate.license("first", needs_acceptance=True)
    second = await estate.license("second", needs_acceptance=True)
    seats = {}
    for license_ in (first, second):
        command = AssignSeats(license_.pools["main"], (estate.people["ada"],))
        answers = await assign_seats(desk, estate.actor("admin"), command)
        seats[license_.entitlement_id] = answers.seated[0].assignment_id
    ada = await console.browser("ada")
    assert (await ada.get("/")).headers["location"] == "/my-licenses"
    assert "You are invited to a seat of first" in await ada.page("/my-licenses")
    accepted = await ada.send(f"/my-licenses/{seats[first.entitlement_id]}/accept")
    assert accepted.headers["location"] == "/my-licenses"
    await ada.send(f"/my-licenses/{seats[second.entitlement_id]}/decline")
    again = await ada.send(f"/my-licenses/{seats[second.entitlement_id]}/decline")
    assert again.status_code == 422
    ben = await console.browser("ben")
    assert (await ben.send(f"/my-licenses/{seats[first.entitlement_id]}/accept")).status_code == 404
    given = await ada.confirmed(f"/seats/{seats[first.entitlement_id]}/release", reason="ADMIN")
    assert given.headers["location"] == "/my-licenses"
    async with desk.office.reading(estate.actor("admin")) as work:
        for seat_id in seats.values():
            assert (await assignment(work, seat_id)).state is SeatState.RELEASED
