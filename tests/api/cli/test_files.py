"""Files of others at the terminal: a trial, then for good, then nothing new; each answer one JSON object."""

from pathlib import Path

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal

SKUS = (
    "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names\n"
    "Suite,SUITE,00000000-0000-0000-0000-000000000001,PLAN,00000000-0000-0000-0000-000000000002,Plan\n"
)
RATES = "Date,USD,JPY,\n2024-12-31,1.0389,163.06,\n"
LOG = (
    "15:31:27 (vendor) Server started on keys for:\tbase\n"
    '15:32:00 (vendor) OUT: "base" nobody@h1\n'
    '15:33:00 (vendor) DENIED: "base" nobody@h2  (Licensed number of users already reached. (-4,342))\n'
)


def file_of(lictor: Terminal, name: str, text: str) -> str:
    path = Path(lictor.folder) / name
    path.write_text(text, "utf-8")
    return str(path)


def test_a_catalog_comes_in_once_and_tells_what_changed(lictor: Terminal) -> None:
    path = file_of(lictor, "skus.csv", SKUS)
    tried = lictor("import", "m365-catalog", path, "--dry-run", "--json")
    assert (tried.code, tried.json["created"]) == (Exit.DONE, 1)
    assert lictor("import", "m365-catalog", path, "--json").json == tried.json
    assert tried.json["changes"]["tiers"] == {"added": 1, "removed": 0}
    again = lictor("import", "m365-catalog", path)
    assert (again.code, "1 unchanged" in again.out, "tiers added 0" in again.out) == (Exit.DONE, True, True)


def test_rates_come_in_from_a_pipe_and_a_row_that_cannot_be_read_ends_with_the_code_for_it(lictor: Terminal) -> None:
    said = lictor("import", "ecb-rates", "-", "--json", stdin=RATES.encode())
    assert (said.code, said.json["rates"]) == (Exit.DONE, {"created": 2, "updated": 0, "unchanged": 0})
    bad = lictor("import", "ecb-rates", file_of(lictor, "rates.csv", RATES + "2024-12-30,one,2,\n"), "--json")
    assert (bad.code, bad.json["rejected"], bad.json["issues"][0]["row"]) == (Exit.BAD_INPUT, 1, 3)


def test_a_log_without_a_date_asks_for_it_and_comes_in_with_it(lictor: Terminal) -> None:
    path = file_of(lictor, "debug.log", LOG)
    refused = lictor("import", "flexlm-log", path)
    assert refused.code == Exit.BAD_INPUT
    assert "--first-day" in refused.err
    said = lictor("import", "flexlm-log", path, "--first-day", "2026-03-02", "--zone", "UTC", "--json")
    assert (said.code, said.json["checkouts"], said.json["denials"]) == (Exit.DONE, 1, {"base": 1})
    assert said.json["inferred"] == []
    told = lictor("import", "flexlm-log", path, "--first-day", "2026-03-02", "--zone", "UTC")
    assert "denials: base 1" in told.out
