"""License keys on pages: taken in from a file, listed and exported without what they say, revealed once with a reason."""

import re

SECRET = "AAAA-BBBB-CCCC-0001"


async def test_from_a_file_to_a_seat_and_shown_once(console):
    license_ = await console.estate.license("cad")
    await console.seated(license_, "ada")
    admin, holder = await console.browser("admin"), await console.browser("ben")
    path = f"/keys?license={license_.entitlement_id}"
    assert path in (await admin.get(f"/licenses/{license_.entitlement_id}?tab=pools")).text
    file = ("keys.csv", f"key,label\n{SECRET},Desk 1\nAAAA-BBBB-CCCC-0002,\n".encode(), "text/csv")
    form = {"_csrf": admin.csrf, "pool": str(license_.pools["main"])}
    sent = await admin.client.post("/keys/add", data=form, files={"file": file}, headers={"accept": "text/html"})
    assert sent.status_code == 303
    page = (await admin.get(path)).text
    assert ("Desk 1" in page, "Ada" in page, SECRET in page, "0001" in page) == (True, True, False, False)
    exported = (await admin.get(path.replace("/keys", "/keys.csv"))).text
    assert ("Desk 1" in exported, SECRET in exported, "0001" in exported) == (True, False, False)
    reveals = re.findall(r'"(/keys/[^"]+/reveal)"', page)
    opened = [await admin.get(each) for each in dict.fromkeys(reveals)]
    [one] = [each for each in opened if "…0001" in each.text]
    where = one.url.path
    assert (await admin.send(where, reason=" ")).status_code in {200, 422}
    shown = await admin.send(where, reason="set up anew")
    assert SECRET in shown.text
    assert (await holder.get("/keys")).status_code in {403, 404}
    assert (await holder.send(where, reason="mine")).status_code in {403, 404}
    ada, bind = await console.browser("ada"), re.search(r'"(/keys/[^"]+/bind)"', page)[1]
    own = re.search(r'"(/my-licenses/[^"]+/key)"', (await ada.get("/my-licenses")).text)[1]
    assert SECRET[:-1] not in (await ada.get(own)).text
    assert SECRET[:-1] in (await ada.send(own)).text
    assert (await holder.send(own)).status_code == 404
    [seat] = await console.seated(license_, "cleo")
    assert str(seat) in (await admin.get(bind)).text
    assert (await admin.send(bind, seat=str(seat))).status_code == 303
    assert "Cleo" in (await admin.get(path)).text
    assert (await admin.get(bind)).status_code == 404
    retire = where.replace("reveal", "retire")
    assert (await admin.send(retire, reason="leaked")).status_code == 303
    assert (await admin.get(where)).status_code == 404
    assert "Retired" in await admin.page(f"{path}&state=RETIRED")
