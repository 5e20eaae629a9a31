"""A table is tried, taken in without its file, shown row by row, and taken back after a look."""

import pytest

from governance.imports.filed import FORMATS
from tests.api.console.pages.moving import moved
from tests.governance.imports.tables import AGREEMENT, file_of


async def _handed_in(admin, content: bytes, **data: str) -> str:
    answer = await admin.client.post(
        "/settings/imports/agreements/new", data={"_csrf": admin.csrf, "mode": "try", **data},
        files={"file": ("agreements.csv", content, "text/csv")}, headers={"accept": "text/html"},
    )  # fmt: skip
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_table_goes_from_its_trial_to_its_undo(console):
    await console.estate.product("cad")
    admin = await console.browser("admin")
    trial = await _handed_in(admin, file_of(AGREEMENT, {}, {"number": "EA-2", "first_day": "1/2/26"}))
    await moved(console, trial)
    shown = await admin.page(trial)
    assert "Import what was tried" in shown
    assert "first_day: 1/2/26" in shown
    where = (await admin.send(f"{trial}/import")).headers["location"]
    await moved(console, where)
    shown = await admin.page(where)
    assert "EA-1" in shown
    assert "Undo the import" in shown
    assert "Import what was tried" not in await admin.page(trial)
    look = await admin.send(f"{where}/undo")
    assert "What is taken back" in look.text
    assert (await admin.confirmed(f"{where}/undo")).status_code == 303
    assert "This import was undone: 1 things were taken back" in await admin.page(where)


@pytest.mark.parametrize("name", [each.value for each in FORMATS if not FORMATS[each].everywhere])
async def test_each_format_has_its_form_and_templates_are_offered(console, name: str):
    admin = await console.browser("admin")
    page = await admin.get("/settings/imports")
    assert f"/settings/imports/{name}/new" in page.text
    assert "/imports/templates/licenses/xlsx" in page.text
    assert "File" in await admin.page(f"/settings/imports/{name}/new")
    ada = await console.browser("ada")
    assert (await ada.get(f"/settings/imports/{name}/new")).status_code == 404
