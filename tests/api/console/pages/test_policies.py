"""A tenant changes its own roles on pages: drafted, mended where an example fails, published, gone back from."""

import re

from tests.api.console.pages.conftest import words
from tests.api.console.pages.test_templates import confirmed

LINE = "board_member,seat:read,tenant,allow"
HOLDS = f'["{LINE}"]\nallow = ["seat:read tenant inside"]\nrefuse = ["seat:read tenant foreign"]'
NEW = "/settings/policies/new"


async def test_a_draft_is_mended_published_and_gone_back_from(console) -> None:
    admin = await console.browser("admin")
    form = (await admin.get(NEW)).text
    lines = form.partition('name="content"')[2].partition(">")[2].partition("</textarea>")[0].strip()
    assert lines.startswith("it_admin,*:read,tenant,allow")
    draft = {"examples": "", "note": "As it was"}
    first = (await admin.send(NEW, content=lines, **draft)).headers["location"]
    await confirmed(admin, f"{first}/publish", reason="a beginning")
    assert "Live" in await admin.page(first)

    same = (await admin.send(NEW, content=lines, **draft)).headers["location"]
    assert "Nothing would change" in await admin.page(same)
    wrong = await admin.send(NEW, content=f"it_admin,seat:fly,tenant,allow\n{lines}", **draft)
    assert wrong.status_code == 422
    assert "line 1: no resource knows the verb 'fly'; right is one of seat:accept" in words(wrong.text)
    broken = await admin.send(NEW, content=lines, examples="allow =", note="so")
    assert "examples-error" in broken.text

    content = f"{lines}\n{LINE}"
    failing = HOLDS.replace('"seat:read tenant inside"', '"seat:read tenant foreign"')
    failed = (await admin.send(NEW, content=content, examples=failing, note="Boards see seats")).headers["location"]
    assert "allow seat:read tenant foreign" in await admin.page(failed)
    assert "Does not hold" in await admin.page(failed)
    refused = await admin.send(f"{failed}/publish", reason="asked")
    assert "1 example does not hold." in words(refused.text)
    assert not re.search(r'name="token" value="[^"]+"', refused.text)
    copied = (await admin.get(f"{NEW}?of={failed.rpartition('/')[2]}")).text
    assert LINE in copied
    assert "seat:read tenant foreign" in copied

    mended = (await admin.send(NEW, content=content, examples=HOLDS, note="Boards see seats")).headers["location"]
    shown, back = await confirmed(admin, f"{mended}/publish", reason="asked")
    assert "Seat: read seat:read 2 0" in shown
    assert "seat:read @ tenant" in shown
    assert "Does not hold" not in await admin.page(back)
    assert "your own" in await admin.page(back)
    shown, back = await confirmed(admin, f"{first}/roll-back", reason="went wrong")
    assert "Seat: read seat:read 0 2" in shown
    listed = await admin.page("/settings/policies")
    assert "Back to version 1." in listed
    assert listed.count("Retired") == 2

    auditor = await console.browser("auditor")
    assert "Draft from this" not in await auditor.page(back)
    assert (await auditor.get(NEW)).status_code == 404
