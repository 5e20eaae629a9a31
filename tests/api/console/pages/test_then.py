"""What was so then: alerts, runs, reviews, votes and minutes as of an instant, and the instants a snapshot names."""

from datetime import timedelta
from urllib.parse import quote

from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import carried, first_of, scanned
from tests.api.console.pages.test_alerts import raised
from tests.api.console.pages.test_review_items import convened, proposed
from tests.api.console.pages.test_reviews import prepared as frozen


async def test_lists_and_reviews_show_what_was_so_at_the_instant(console):
    clock, ids = console.desk.office.clock, []

    def tick():
        clock.advance(timedelta(hours=1))
        ids.append(quote(clock.now().isoformat().replace("+00:00", "Z")))
        clock.advance(timedelta(hours=1))
        return ids[-1]

    nothing = tick()
    admin = await raised(console)
    await scanned(console, admin)
    untouched = tick()
    row = first_of((await admin.get("/alerts?level=CRITICAL")).text, "/alerts/") + "/acknowledge"
    taken = await admin.send(row, version=carried((await admin.get(row)).text, "version"))
    assert taken.status_code == 303
    assert "Acknowledged · Admin" in await admin.page("/alerts")
    then = await admin.page(f"/alerts?as-of={untouched}")
    assert "Acknowledged · Admin" not in then
    assert "Critical 100.0%" in then
    assert "Acknowledged · Admin" not in await admin.page(f"/alerts?as-of={untouched}&state=ACKNOWLEDGED")
    assert "2 of 2 seats occupied" not in await admin.page(f"/alerts?as-of={nothing}&state=all")
    assert "Scan" in await admin.page(f"/runs?as-of={untouched}")
    assert "Scan" not in words((await admin.get(f"/runs?as-of={nothing}", **{"hx-request": "true"})).text)

    _, path = await convened(console)
    chair, finance = await console.browser("board-sales"), await console.browser("board-finance")
    prepared = tick()
    item = await proposed(console, path, chair)
    assert (await chair.send(f"{item}/vote", choice="FOR")).status_code == 303
    assert (await finance.send(f"{item}/vote", choice="AGAINST")).status_code == 303
    assert (await chair.send(f"{item}/note", text="It was asked for twice.")).status_code == 303
    argued = tick()
    assert (await finance.send(f"{item}/vote", choice="FOR")).status_code == 303
    assert (await chair.send(f"{item}/decide", outcome="APPROVED", text="Buy them.")).status_code == 303
    _, whole = await frozen(console)
    undecided = tick()
    version = carried((await chair.get(f"{whole}/decide")).text, "version")
    assert (await chair.send(f"{whole}/decide", version=version, text="Keep what is used.")).status_code == 303
    assert "Spring review" not in await chair.page("/reviews?state=PREPARED")
    assert "Spring review" in await chair.page(f"/reviews?as-of={undecided}&state=PREPARED")
    assert "Spring review" not in await chair.page(f"/reviews?as-of={argued}")
    assert "Keep what is used." in await chair.page(whole)
    assert "Keep what is used." not in await chair.page(f"{whole}?as-of={undecided}")
    disputed = await chair.page(f"{item}?as-of={argued}")
    assert "1 for · 1 against" in disputed
    assert "It was asked for twice." in disputed
    assert "Approved Buy them." not in disputed
    assert "Buy 20 seats" not in await chair.page(f"{path}?as-of={prepared}")
    assert (await chair.get(f"{item}?as-of={prepared}")).status_code == 404
    assert "prepared only on" in await chair.page(f"{path}?as-of={untouched}")

    review_id = path.rsplit("/", 1)[1]
    linked = (await chair.get(f"/licenses?as-of=snapshot:{review_id}")).text
    assert f"as-of=snapshot%3A{review_id}" in linked
    unknown = await chair.get("/licenses?as-of=snapshot:Q7-2026")
    assert unknown.status_code in (400, 422)
    assert "snapshot within your reach" in words(unknown.text)
    ada = await console.browser("ada")
    assert (await ada.get(f"/my-licenses?as-of=snapshot:{review_id}")).status_code in (400, 422)
