"""The workbook of one review: as it stood at an instant, votes by department, the overdue by the clock, its hash."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused
from governance.reviews.rules import ActionState
from governance.reviews.service import (
    CloseAction,
    NoteItem,
    close_action,
    hash_to_sign,
    note_item,
    sign_review,
)
from reports.review import KEYS
from reports.running import SHEET_RIGHTS
from reports.shelf import Format
from tests.estate import Estate
from tests.governance.reviews.test_review import act, decided, prepared, to_sign
from tests.reports.boarded import reviewed
from tests.reports.ground import built, furnished


async def told(estate: Estate, folder: Path, **asked: Any) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of the report by sheet."""
    path = folder / "r.jsonl"
    manifest = await built(estate, path, "review", format=Format.JSONL, **asked)
    assert [sheet.title for sheet in manifest.sheets] == list(KEYS)
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in KEYS}
    for line in path.read_text("utf-8").splitlines():
        said = json.loads(line)
        if "row" in said:
            found[said["sheet"]].append(said["row"])
    return found


def facts(rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {row["fact"]: row["value"] for row in rows["review"]}


async def test_a_review_says_its_items_votes_decisions_actions_and_signatures(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    row, key, _ = await reviewed(estate)
    rows = await told(estate, tmp_path)
    said = facts(rows)
    assert (said["Board"], said["Quarter"], said["State"]) == ("License board", "FY2025-Q4", "Decided")
    assert said["Signatures it lacks"].startswith("the chair")
    async with estate.office.reading(estate.actor("auditor")) as work:
        assert said["Hash to sign"] == await hash_to_sign(work, row.id)
    own = next(each for each in rows["review_agenda"] if each["key"] == key)
    assert (own["item"], own["for"], own["against"], own["outcome"]) == ("=Buy 20", 2, 0, "approved")
    assert [each["department"] for each in rows["review_votes"]] == ["Finance", "Sales"]
    assert {each["item"]: each["standing"] for each in rows["review_decisions"]} == {
        "=Buy 20": "stands", "The whole review": "stands",
    }  # fmt: skip
    (action,) = rows["review_actions"]
    assert (action["what"], action["owner"], action["state"]) == ("Order them", "Ada", "open")
    (mark,) = rows["review_signatures"]
    assert (mark["department"], mark["sha256"]) == ("Finance", said["Hash to sign"])
    assert {each["license"] for each in rows["review_figures"]} == {"=m365-e5"}


async def test_the_report_of_then_knows_nothing_of_what_came_after(
    estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    await furnished(estate)
    before = clock.now()
    clock.advance(timedelta(hours=1))
    row, key, given = await reviewed(estate)
    then = clock.now()
    clock.advance(timedelta(days=5))
    late = await told(estate, tmp_path)
    assert late["review_actions"][0]["state"] == "overdue"
    await act(estate, "board-sales", note_item, NoteItem(row.id, key, "Said later."))
    await act(estate, "board-sales", close_action, CloseAction(given.id, ActionState.DONE))
    await act(estate, "board-sales", sign_review, await to_sign(estate, row.id))
    now = await told(estate, tmp_path)
    assert (facts(now)["State"], facts(now)["Signatures it lacks"]) == ("Signed", "none")
    assert (len(now["review_signatures"]), now["review_actions"][0]["state"]) == (2, "done")
    as_of = await told(estate, tmp_path, as_of=then)
    assert (facts(as_of)["State"], len(as_of["review_signatures"])) == ("Decided", 1)
    assert as_of["review_actions"][0]["state"] == "open"
    known = await told(estate, tmp_path, known_at=then)
    assert len(known["review_signatures"]) == 1
    early = await told(estate, tmp_path, as_of=before)
    assert all(rows == [] for rows in early.values())
    # the same instant gives the same rows, whatever came later
    assert await told(estate, tmp_path, as_of=then, known_at=then) == as_of


async def test_one_review_is_named_and_none_out_of_reach(estate: Estate, clock: HandClock, tmp_path: Path) -> None:
    await furnished(estate)
    row, _, _ = await reviewed(estate)
    clock.advance(timedelta(hours=1))
    newer = await decided(estate, await prepared(estate))
    assert facts(await told(estate, tmp_path))["Title"] == newer.title
    assert facts(await told(estate, tmp_path, review_id=row.id))["Title"] == row.title
    with pytest.raises(NotFound):
        await built(estate, tmp_path / "n.xlsx", "review", review_id=estate.office.ids.new())
    with pytest.raises(Refused):
        await built(estate, tmp_path / "n.xlsx", "review", estate.actor("ada"))
    assert set(KEYS) <= set(SHEET_RIGHTS)


async def test_its_workbook_has_a_chart_of_the_votes_and_no_formula(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    await reviewed(estate)
    path = tmp_path / "r.xlsx"
    await built(estate, path, "review", locale="de")
    book = openpyxl.load_workbook(path)
    assert {"Prüfung", "Tagesordnung", "Stimmen", "Unterschriften"} <= set(book.sheetnames)
    assert sum(len(page._charts) for page in book.worksheets) == 1
    assert all(cell.data_type != "f" for row in book["Tagesordnung"].iter_rows() for cell in row)
