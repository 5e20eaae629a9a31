"""Units, owners and roles at the terminal: shown with a token, done with it, and said in words and as JSON."""

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal, create

PEOPLE = """external_id,name,mail,unit,country
ada,Ada Byron,ada@halden.example,labs,CH
ben,Ben Kaya,ben@halden.example,labs,CH
"""


def test_units_change_only_as_they_were_shown(up: Terminal) -> None:
    create(up, "halden")
    (root,) = up("unit", "list", "--json").json["units"]
    for code, name in (("labs", "Labs"), ("it", "IT")):
        assert up("unit", "add", code, "--name", name, "--below", root["code"]).code == 0
    people = up.folder / "people.csv"
    people.write_text(PEOPLE)
    assert up("import", "people", str(people)).code == 0
    merge = ("unit", "merge", "labs", "--into", "it", "--reason", "one desk")
    seen = up(*merge, "--json").json
    assert (seen["counts"], seen["done"]) == ({"PERSON": 2}, False)
    assert up(*merge, "--token", "1.no").code == Exit.CONFLICT
    assert "Nothing is changed yet" in up(*merge).out
    assert up(*merge, "--token", seen["token"], "--json").json == {"unit": "it", "done": True}
    assert up(*merge).code == Exit.NOT_FOUND
    split = (
        "unit",
        "split",
        "it",
        "--new",
        "desk",
        "--name",
        "Desk",
        "--person",
        "ada@halden.example",
        "--reason",
        "r",
    )
    assert up(*split, "--token", up(*split, "--json").json["token"]).code == 0
    move = ("unit", "move", "desk", "--below", "it", "--reason", "r")
    assert up(*move, "--at", "soon").code == Exit.BAD_INPUT
    assert up(*move, "--token", up(*move, "--json").json["token"]).code == 0
    ahead = ("unit", "move", "desk", "--below", root["code"], "--reason", "r", "--at", "2027-12-01")
    assert "Planned as" in up(*ahead, "--token", up(*ahead, "--json").json["token"]).out
    (plan,) = up("unit", "planned", "--json").json["planned"]
    assert (plan["verb"], plan["unit"], plan["to"], plan["state"]) == ("unit:move", "desk", root["code"], "PLANNED")
    assert up("unit", "withdraw", plan["id"], "--reason", "not needed").code == 0
    assert up("unit", "planned").out.strip() == "Nothing is planned."
    assert "not needed" in up("unit", "planned", "--all").out
    tree = {row["code"]: row["above"] for row in up("unit", "list", "--json").json["units"]}
    assert tree == {root["code"]: None, "it": root["code"], "desk": "it"}
    assert up("owner", "stale").out.strip() == "Every owner can answer."
    nothing = up("owner", "hand-over", "ada@halden.example", "--to", "ben@halden.example", "--reason", "r")
    assert (nothing.code, "Ada Byron" in nothing.err) == (Exit.BAD_INPUT, True)


def test_a_role_is_given_shown_and_taken_back(up: Terminal) -> None:
    create(up, "halden")
    (root,) = up("unit", "list", "--json").json["units"]
    machine = ("token", "create", "sync", "--service-account", "sync", "--role", "it_admin", "--act", "seat:read")
    assert up(*machine).code == 0
    given = up(
        "role", "grant", "auditor", "--service-account", "sync", "--unit", root["code"], "--reason", "r", "--json"
    )
    assert up("role", "grant", "auditor", "--reason", "r").code == Exit.USAGE
    assert up("role", "grant", "auditor", "--group", "Nobody", "--reason", "r").code == Exit.NOT_FOUND
    assert up("role", "grant", "owner", "--service-account", "sync", "--reason", "r").code == Exit.BAD_INPUT
    held = {row["id"]: (row["holder"], row["where"]) for row in up("role", "list", "--json").json["roles"]}
    assert held[given.json["id"]] == ("sync", root["name"])
    assert up("role", "end", given.json["id"], "--reason", "over").code == 0
    assert up("role", "end", given.json["id"], "--reason", "over").code == Exit.REFUSED
    assert given.json["id"] not in {row["id"] for row in up("role", "list", "--json").json["roles"]}
    assert up("elevation", "list").out.strip() == "Nobody asks for a role."
    assert up("elevation", "end", given.json["id"], "--reason", "r").code == Exit.NOT_FOUND
