"""Figures at the terminal: customers come in, and retention of what is provided comes out."""

from pathlib import Path

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal

CUSTOMERS = "Customer ID,Tenure,Monthly Charges,Churn\na,12,10.00,No\nb,3,30.00,Yes\n"
PERIOD = ("--from", "2026-01-31", "--until", "2026-01-31")


def test_retention_is_told_of_one_side(lictor: Terminal) -> None:
    path = Path(lictor.folder) / "customers.csv"
    path.write_text(CUSTOMERS, "utf-8")
    said = lictor("import", "provided-customers", str(path), "--day", "2026-01-31", "--json")
    assert (said.code, said.json["created"], said.json["churned"]) == (Exit.DONE, 2, 1)
    told = lictor("metric", "retention", "--side", "provided", *PERIOD, "--json").json
    assert (told["due"], told["churned"], told["renewal_rate"]["value"]) == (2, 1, 0.5)
    assert (told["as_booked"]["grr"], told["as_booked"]["waterfall"]["opening"]) == (0.25, "480.00")
    none = lictor("metric", "retention", "--side", "procured", *PERIOD, "--json").json
    assert (none["due"], none["renewal_rate"], none["definition"]) == (0, None, "spend_retention/1")
    assert "GRR 25.00%" in lictor("metric", "retention", *PERIOD, "--by", "product").out
    assert lictor("metric", "retention", *PERIOD, "--side", "both").code == Exit.USAGE


def test_cost_a_seat_is_told_with_what_it_means(lictor: Terminal) -> None:
    told = lictor("metric", "seat-cost", "--by", "product", "--json").json
    assert (told["by"], told["rows"], told["definitions"]) == ("PRODUCT", [], ["seat_cost/1", "unused_seats/1"])
    assert told["whole"] | {"costs": []} == told["whole"], "nothing costs nothing, and says so"
    assert lictor("metric", "seat-cost", "--by", "color").code == Exit.USAGE
