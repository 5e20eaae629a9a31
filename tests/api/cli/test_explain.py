"""A right explained at the terminal: in words, as one object, the same a second time, with a code where there is none."""

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal
from tests.api.cli.test_files import file_of

AGREEMENTS = "number,title,vendor,unit,currency,zone,first_day\nEA-1,Suite,Northwind,halden,EUR,UTC,2026-01-01\n"
LICENSES = (
    "agreement,license,product,unit,model,term,overage,quantity,first_day,zone,currency,unit_price,cost_basis,pool,"
    "pool_unit,allocated,included,po_number\n"
    "EA-1,suite,suite,halden,NAMED_USER,PERPETUAL,BLOCK,5,2026-01-01,UTC,EUR,57.00,PER_SEAT,all,halden,5,001,PO-1\n"
)
ASK = ("explain", "entitlement", "--person", "dana@halden.example", "--product", "suite")


def test_a_right_is_explained_alike_each_time_and_no_right_has_its_code(lictor: Terminal) -> None:
    assert lictor("import", "agreements", file_of(lictor, "a.csv", AGREEMENTS), "--create").code == Exit.DONE
    assert lictor(*ASK).code == Exit.NOT_FOUND
    licenses = file_of(lictor, "l.csv", LICENSES)
    done = lictor("import", "licenses", licenses, "--create", "--json")
    assert done.code == Exit.DONE, done.err
    said = lictor(*ASK, "--json")
    assert said.code == Exit.DONE, said.err
    (one,) = said.json["candidates"]
    assert (one["ruling"], one["pool"], one["says"]["COST"]) == ("TAKEN", "all", "57.00 EUR a seat")
    then = ("--as-of", said.json["as_of"], "--known-at", said.json["known_at"])
    assert lictor(*ASK, *then, "--json").json == said.json
    assert "TAKEN  suite/main, pool all" in lictor(*ASK).out
    refused = lictor(*ASK, "--as-of", "2025-12-31", "--json")
    assert (refused.code, refused.json["candidates"]) == (Exit.REFUSED, [])
    wrong = lictor(*ASK, "--feature", "none")
    assert (wrong.code, "none" in wrong.err) == (Exit.NOT_FOUND, True)
