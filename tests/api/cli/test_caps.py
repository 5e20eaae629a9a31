"""Revocation caps and assignment rules at the terminal: seen, set, raised; shown, applied by token, followed, ended."""

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal, create
from tests.governance.imports.tables import AGREEMENT, LICENSE, file_of


def test_a_cap_is_told_set_and_raised(up: Terminal) -> None:
    create(up, "halden")
    (root,) = up("unit", "list", "--json").json["units"]
    here = {"unit": root["code"], "owner": ""}
    for kind, base in (("agreements", AGREEMENT | here), ("licenses", LICENSE | here)):
        file = up.folder / f"{kind}.csv"
        file.write_bytes(file_of(base, {}))
        assert up("import", kind, str(file), "--create").code == 0
    line = f"{LICENSE['license']}/main"
    told = up("cap", "show", line, "--json").json
    assert (told["percent"], told["source"], told["used"]) == ("5", "DEFAULT", 0)
    assert up("cap", "set", "12.5", "--reason", "agreed", "--json").json["source"] == "TENANT"
    wrong = up("cap", "set", "--reason", "agreed")
    assert (wrong.code, "7.5" in wrong.err) == (Exit.BAD_INPUT, True)
    assert up("cap", "set", "0", "--line", line, "--reason", "nobody here").code == 0
    assert up("cap", "show", line).code == Exit.REFUSED
    raised = up("cap", "raise", line, "3", "--reason", "the office closes", "--json").json
    assert (raised["percent"], raised["most"], raised["left"]) == ("0", 3, 3)
    assert up("cap", "set", "--unset", "--line", line, "--reason", "as elsewhere", "--json").json["percent"] == "12.5"

    apply = ("rule", "apply", "sales", "--unit", root["code"], "--reason", "they work with it")
    assert up(*apply).code == Exit.BAD_INPUT, "a new rule names its product"
    apply = (*apply, "--product", LICENSE["product"])
    seen = up(*apply, "--json").json
    assert (seen["version"], seen["done"]) == (1, False)
    assert up(*apply, "--token", seen["token"]).code == 0
    people = sum(seen["counts"].values())
    assert people
    assert up("rule", "reconcile", "sales", "--json").json["looked_at"] == people
    assert [each["people"] for each in up("rule", "list", "--json").json["rules"]] == [people]
    stands = up("rule", "show", "sales", "--json")
    unserved = {each["state"] for each in stands.json["people"]} & {"WAITING", "REFUSED"}
    assert (len(stands.json["people"]), stands.code) == (people, Exit.REFUSED if unserved else 0)
    wrong = up(*apply, "--leaving", "KEEP")
    assert (wrong.code, "RECLAIM" in wrong.err) == (Exit.BAD_INPUT, True)
    assert up(*apply, "--priority", "3", "--json").json["version"] == 2
    ending = ("rule", "end", "sales", "--reason", "no longer", "--keep-seats")
    assert up(*ending, "--token", up(*ending, "--json").json["token"]).code == 0
    assert up("rule", "list", "--json").json["rules"] == []
