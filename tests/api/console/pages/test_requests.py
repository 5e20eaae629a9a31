"""Requests on pages: a holder asks, whoever decides finds it in the queue, and both read what became of it."""

import re

from governance.seats.service import AssignSeats, assign_seats


async def test_from_asking_to_the_line_and_back(console):
    estate, desk = console.estate, console.desk
    license_ = await estate.license("cad", quantity=1)
    pool = license_.pools["main"]
    await assign_seats(desk, estate.actor("admin"), AssignSeats(pool, (estate.people["cleo"],)))
    holder, admin = await console.browser("ben"), await console.browser("admin")
    assert "You have asked for nothing" in await holder.page("/my-licenses")
    asked = await holder.send("/my-licenses/ask", pool=str(pool), reason="a customer sends <drawings>")
    assert asked.status_code == 303
    mine = await holder.page("/my-licenses")
    assert ("Undecided" in mine, "&lt;drawings&gt;" in mine) == (True, True)
    queue = await admin.page("/queue")
    assert ("Ask for a seat" in queue, "&lt;drawings&gt;" in queue) == (True, True)
    [path] = set(re.findall(r'"(/requests/[^"]+/approve)"', (await admin.get("/queue")).text))
    form = (await admin.get(path)).text
    assert "for Ben" in form
    version = form.split('name="version" value="')[1].split('"')[0]
    await admin.send(path, priority="0", note="", version=version)
    assert "place 1" in await holder.page("/my-licenses")
    page = (await admin.get("/requests")).text
    assert ("In line" in page, path in page) == (True, False)
    assert (await holder.get("/requests")).status_code in {403, 404}
    assert (await holder.get(path)).status_code in {403, 404}
    assert (await admin.get("/requests/nothing/refuse")).status_code == 404
    await admin.send(path.replace("approve", "refuse"), note="the free one will do")
    assert "the free one will do" in await holder.page("/my-licenses")
    assert "Nobody waits" in await admin.page("/requests")
    assert "Abgelehnt" in await (await console.browser("admin", language="de")).page("/requests?state=REFUSED")
