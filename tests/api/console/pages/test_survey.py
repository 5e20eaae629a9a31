"""The one question after first use: opened by its link, answered by one number, once, with no script and no login."""

import pytest

from governance.activation.models import Survey
from governance.activation.service import DeclareJourney, ask_survey, declare_journey
from governance.directory.rules import LinkPurpose
from governance.directory.service import make_link
from tests.api.console.pages.conftest import words
from tests.governance.holding import seat


async def asked(console, who="ada"):
    """Put the question to somebody about a seat of theirs; its row and the secret of the link to it."""
    estate, office = console.estate, console.desk.office
    product = await estate.product("m365")
    seat_id = await seat(estate, await estate.license("m365", product_id=product), who)
    admin = estate.actor("admin")
    await office.perform(admin, lambda work: declare_journey(work, DeclareJourney(product, survey=True)))
    row = await office.perform(admin, lambda work: ask_survey(work, seat_id))
    assert row is not None
    secret = await office.perform(
        admin, lambda work: make_link(work, estate.people[who], LinkPurpose.ANSWER_SURVEY, row.id)
    )
    return row, secret


async def score_of(console, row):
    async with console.desk.office.reading(console.estate.actor("admin")) as work:
        return (await work.session.get_one(Survey, (work.tenant_id, row.id))).score


@pytest.mark.parametrize(
    ("language", "asks", "thanks"), [("en", "How easy was it", "Thank you"), ("de", "Wie leicht war", "Danke")]
)
async def test_a_link_asks_one_question_takes_one_answer_and_says_thanks(console, language, asks, thanks):
    row, secret = await asked(console)
    browser = await console.browser(language=language)
    offered = await browser.get(f"/l/{secret}")
    assert offered.status_code == 200
    assert asks in words(offered.text)
    assert [f'value="{n}"' in offered.text for n in range(9)] == [False, *[True] * 7, False]
    assert await score_of(console, row) is None
    answered = await browser.send(f"/l/{secret}", answer="6")
    assert thanks in words(answered.text)
    assert await score_of(console, row) == 6
    assert (await browser.send(f"/l/{secret}", answer="1")).status_code == 404
    assert await score_of(console, row) == 6


@pytest.mark.parametrize("bad", ["", "0", "8", "-1", "7.5", "²", "accept"])
async def test_an_answer_off_the_scale_changes_nothing_and_the_link_stays(console, bad):
    row, secret = await asked(console)
    browser = await console.browser()
    refused = await browser.send(f"/l/{secret}", answer=bad)
    assert refused.status_code == 409
    assert "Nothing was changed" in words(refused.text) or "score" in words(refused.text)
    assert await score_of(console, row) is None
    await browser.send(f"/l/{secret}", answer="7")
    assert await score_of(console, row) == 7
