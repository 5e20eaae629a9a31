"""My sign-in: an app is enrolled by its picture, sessions end, what is kept is told whole and without secrets."""

import base64
import re
from datetime import timedelta

from sqlalchemy import select

from api.console.texts import LOCALES, known
from governance.directory.models import Account, Session
from governance.directory.one_time import code_at, step_of
from governance.directory.service import NewAccount, create_account
from reports.own_data import SECRETS, tables_of_people
from tests.api.console.pages.conftest import words

PASSWORD = "correct horse battery"


async def entered(console, who="ada"):
    """A browser in which that person signed in by password."""
    estate, login = console.estate, f"{who}@halden.example"
    async with console.desk.office.database.read(estate.tenant_id) as session:
        known_ = (await session.execute(select(Account.id).where(Account.login == login))).first()
    if known_ is None:
        command = NewAccount(estate.people[who], login, PASSWORD)
        await console.desk.office.perform(estate.actor("admin"), lambda work: create_account(work, command))
    browser = await console.browser()
    assert (await browser.send("/sign-in", login=login, password=PASSWORD)).status_code == 303
    page = await browser.get("/my-sign-in")
    browser.csrf = re.search(r'name="_csrf" value="([^"]+)"', page.text)[1]
    return browser


async def test_an_app_is_enrolled_by_its_picture_and_then_asked_for(console):
    browser = await entered(console)
    assert "Second step Off" in await browser.page("/my-sign-in")
    assert (await browser.get("/my-sign-in/app")).status_code == 404, "looking begins nothing"
    assert (await browser.send("/my-sign-in/app/start")).headers["location"] == "/my-sign-in/app"
    page = (await browser.get("/my-sign-in/app")).text
    assert 'class="l-qr"' in page
    typed = re.search(r"type this into the app: ([A-Z2-7 ]+)", page)[1].replace(" ", "")
    secret = base64.b32decode(typed)
    wrong = await browser.send("/my-sign-in/app", code="000000")
    assert wrong.status_code == 422
    assert "This code does not pass" in words(wrong.text)
    now = console.desk.office.clock.now
    shown = await browser.send("/my-sign-in/app", code=code_at(secret, step_of(now())))
    codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", shown.text)
    assert len(codes) == 10
    assert "Second step On" in await browser.page("/my-sign-in")
    assert "10 recovery codes are left" in await browser.page("/my-sign-in")
    other = await console.browser()
    half = await other.send("/sign-in", login="ada@halden.example", password=PASSWORD)
    assert half.headers["location"].startswith("/sign-in/code")
    assert (await other.send("/sign-in/code", code=codes[0])).status_code == 303


async def test_changing_the_second_step_asks_for_a_fresh_proof(console):
    browser = await entered(console)
    console.desk.office.clock.advance(timedelta(minutes=6))
    asked = await browser.send("/my-sign-in/app/start")
    assert asked.status_code == 401
    assert "Confirm that it is you" in words(asked.text)
    proved = await browser.send("/sign-in/again", password=PASSWORD, next="/my-sign-in/app/start")
    assert proved.headers["location"] == "/my-sign-in/app/start"
    assert (await browser.send("/my-sign-in/app/start")).status_code == 303


async def test_sessions_are_ended_one_by_one_and_all_at_once(console):
    here, there, third = await entered(console), await entered(console), await entered(console)
    stranger = await entered(console, "ben")
    page = (await here.get("/my-sign-in")).text
    ends = re.findall(r"/my-sign-in/sessions/[0-9a-f-]{36}/end", page)
    assert len(ends) == 2, "one's own two others; this browser is named instead"
    assert (await stranger.send(ends[0])).status_code == 404
    assert (await here.send(ends[0])).status_code == 303
    alive = [(await each.get("/my-sign-in")).status_code for each in (here, there, third)]
    assert sorted(alive) == [200, 200, 303]
    await here.send("/my-sign-in/others/end")
    alive = [(await each.get("/my-sign-in")).status_code for each in (here, there, third)]
    assert alive == [200, 303, 303]
    assert (await stranger.get("/my-sign-in")).status_code == 200


async def test_what_is_kept_is_told_whole_of_oneself_alone_and_without_secrets(console):
    estate = console.estate
    license_ = await estate.license()
    owned = await estate.license("owned", owner="ada")
    await estate.license("others", owner="ben")
    await console.seated(license_, "ada", "ben")
    browser = await entered(console)
    assert "What Lictor knows about you" in await browser.page("/my-sign-in")
    answer = await browser.get("/my-sign-in/data.json")
    told = answer.json()["tables"]
    assert [row["person_id"] for row in told["assignment"]["rows"]] == [str(estate.people["ada"])]
    assert [row["id"] for row in told["person"]["rows"]] == [str(estate.people["ada"])]
    assert len(told["session"]["rows"]) == 1
    assert [(row["id"], row["owner_id"], row["deputy_id"]) for row in told["entitlement"]["rows"]] == [
        (str(owned.entitlement_id), str(estate.people["ada"]), None)
    ]  # that it names them, and no more of it: what it costs is read by whoever may
    assert set(told["agreement"]["rows"][0]) <= {"id", "recorded_at", "owner_id", "deputy_id"}
    assert str(estate.people["ben"]) not in answer.text
    async with console.desk.office.database.read(estate.tenant_id) as session:
        row = (await session.execute(select(Session))).scalars().one()
        account = (await session.execute(select(Account))).scalars().one()
    for secret in (row.secret_hash, row.csrf, account.password_hash):
        assert secret not in answer.text
    assert (await (await console.browser()).get("/my-sign-in/data.json")).status_code == 401


def test_every_kind_of_row_about_people_has_a_name_in_every_language():
    tables = [table.name for table in tables_of_people()]
    assert {"person", "session", "usage_event", "assignment", "token"} <= set(tables)
    for locale in LOCALES:
        assert [name for name in tables if not known(locale, f"own.kept_{name}")] == []


def test_no_secret_of_theirs_is_called_otherwise():
    columns = {column.name for table in tables_of_people() for column in table.c}
    opening = {name for name in columns if re.search(r"secret|password|hash|sealed|csrf", name)}
    assert all(name.endswith(SECRETS) for name in opening), opening
