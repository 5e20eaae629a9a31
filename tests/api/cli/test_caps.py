"""Revocation caps at the terminal: seen, set for one line or all, raised until the term ends."""

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
