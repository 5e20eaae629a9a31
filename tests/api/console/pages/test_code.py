"""The door with a second factor: the password leads to the code, the code to where one wanted; addresses rest."""

import base64
from datetime import timedelta

from governance.directory.one_time import code_at, step_of
from governance.directory.service import (
    NewAccount,
    actor_of_session,
    confirm_second_factor,
    count_failure,
    create_account,
    sign_in,
    start_second_factor,
)
from tests.api.console.pages.conftest import words

PASSWORD = "correct horse battery"
LOGIN = "admin@halden.example"


async def enrolled(console) -> bytes:
    """Give the admin a password and an app; its secret."""
    office, estate = console.desk.office, console.estate
    await office.perform(
        estate.actor("admin"), lambda w: create_account(w, NewAccount(estate.people["admin"], LOGIN, PASSWORD))
    )
    row, cookie = await sign_in(office, None, LOGIN, PASSWORD)
    actor = (await actor_of_session(office, cookie)).actor
    begun = await office.perform(actor, lambda w: start_second_factor(w, row.account_id))
    secret = base64.b32decode(begun.secret)
    now = code_at(secret, step_of(office.clock.now()))
    await office.perform(actor, lambda w: confirm_second_factor(w, row.account_id, now))
    office.clock.advance(timedelta(seconds=30))
    return secret


async def test_the_password_leads_to_the_code_and_the_code_to_where_one_wanted(console):
    secret = await enrolled(console)
    browser = await console.browser()
    half = await browser.send("/sign-in", login=LOGIN, password=PASSWORD, next="/licenses")
    assert half.headers["location"] == "/sign-in/code?next=%2Flicenses"
    assert "lictor" not in half.cookies
    assert "SameSite=strict" in half.headers["set-cookie"]
    assert (await browser.get("/licenses")).headers["location"].startswith("/sign-in")
    page = await browser.get("/sign-in/code?next=%2Flicenses")
    assert "Enter the code of your app" in words(page.text)
    wrong = await browser.send("/sign-in/code", code="000000", next="/licenses")
    assert wrong.status_code == 401
    assert "This code does not pass" in words(wrong.text)
    code = code_at(secret, step_of(console.desk.office.clock.now()))
    entered = await browser.send("/sign-in/code", code=code, next="/licenses")
    assert (entered.status_code, entered.headers["location"]) == (303, "/licenses")
    assert (await browser.get("/licenses")).status_code == 200
    assert "lictor-half" not in browser.client.cookies


async def test_without_a_password_there_is_no_code_to_give(console):
    browser = await console.browser()
    assert (await browser.get("/sign-in/code")).headers["location"] == "/sign-in"
    assert (await browser.send("/sign-in/code", code="123456")).headers["location"] == "/sign-in"
    browser.client.cookies.set("lictor-half", "guess")
    assert (await browser.send("/sign-in/code", code="123456")).status_code == 401


async def test_another_site_cannot_send_the_code(console):
    browser = await console.browser()
    browser.client.cookies.set("lictor-half", "guess")
    sent = await browser.client.post(
        "/sign-in/code", data={"code": "123456"}, headers={"accept": "text/html", "sec-fetch-site": "cross-site"}
    )
    assert sent.status_code == 403


async def test_an_address_that_failed_too_often_is_told_to_wait(console):
    office = console.desk.office
    for _ in range(50):
        await count_failure(office, "127.0.0.1")
    browser = await console.browser()
    for login in (LOGIN, "nobody@halden.example"):
        answer = await browser.send("/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "60"
        assert "Too many sign-ins failed from your network" in words(answer.text)
