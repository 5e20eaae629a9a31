"""Tables at the terminal: a template, a trial, the import, its report, its undo; each with its code and one answer."""

from tests.api.cli.conftest import Terminal
from tests.api.cli.test_files import file_of

HEAD = "number,title,vendor,unit,currency,zone,first_day\n"


def test_agreements_are_tried_taken_in_told_and_undone(lictor: Terminal) -> None:
    template = lictor("import", "template", "agreements")
    assert template.out.startswith("number,title,side,vendor,unit")
    workbook = lictor.folder / "licenses.xlsx"
    assert lictor("import", "template", "licenses", "-o", str(workbook)).code == 0
    assert workbook.read_bytes().startswith(b"PK")
    rows = (
        HEAD + "EA-1,Suite,Northwind,halden,EUR,Europe/Zurich,2026-01-01\nEA-2,Other,Northwind,halden,EUR,UTC,1/2/26\n"
    )
    path = file_of(lictor, "a.csv", rows)
    tried = lictor("import", "agreements", path, "--create", "--dry-run", "--json")
    assert (tried.code, tried.json["created"], tried.json["rejected"]) == (3, 1, 1)
    done = lictor("import", "agreements", path, "--create", "--json")
    assert (done.code, done.json["created"]) == (3, 1)
    report = lictor("import", "report", done.json["run"])
    assert [line.split(",")[:3] for line in report.out.splitlines()[1:]] == [
        ["2", "EA-1", "CREATED"], ["3", "EA-2", "REFUSED"],
    ]  # fmt: skip
    seen = lictor("import", "undo", done.json["run"], "--dry-run", "--json")
    assert seen.json["taken_back"] == {"agreement": 1}
    undone = lictor("import", "undo", done.json["run"])
    assert (undone.code, undone.out.strip()) == (0, "Taken back: 1 agreement; 1 stay.")
    again = lictor("import", "undo", done.json["run"])
    assert again.code != 0
    assert "undone already" in again.err
    assert lictor("import", "report", "nothing").code == 3
    assert [each["kind"] for each in seen.json["kept"]] == ["vendor"]
