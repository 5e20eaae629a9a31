"""Templates at the terminal: what would be is shown with its token, and with the token it is."""

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal, create
from tests.governance.imports.tables import AGREEMENT, LICENSE, file_of


def test_a_template_is_published_made_use_of_compared_and_applied(up: Terminal) -> None:
    create(up, "halden")
    (root,) = up("unit", "list", "--json").json["units"]
    here = {"unit": root["code"], "owner": ""}
    for kind, base in (("agreements", AGREEMENT | here), ("licenses", LICENSE | here)):
        file = up.folder / f"{kind}.csv"
        file.write_bytes(file_of(base, {}))
        assert up("import", kind, str(file), "--create").code == 0
    seats, other = up.folder / "seats.toml", up.folder / "other.toml"
    assert up("templates", "show", "named_seats", "-o", str(seats)).code == 0
    publish = ("templates", "publish", "seats", str(seats), "--note", "n")
    seen = up(*publish, "--json").json
    assert (seen["version"], seen["done"]) == (1, False)
    assert up(*publish, "--token", seen["token"], "--json").json["done"]
    other.write_text(seats.read_text().replace("warn = 80", "warning = 80"))
    wrong = up("templates", "publish", "seats", str(other), "--note", "n")
    assert (wrong.code, "alerts.use.warning" in wrong.err) == (Exit.BAD_INPUT, True)
    own = up.folder / "own.toml"
    own.write_text('product = "cad"\npools.everyone.seats = 40\n')
    make = ("templates", "make", "seats", "cad-seats", "--agreement", "EA-1", "--unit", root["code"], "--region", "DE")
    make = (*make, "--first-day", "2026-01-01", "--overrides", str(own))
    looked = up(*make, "--json").json
    assert ("POOL", "everyone") in {(one["kind"], one["name"]) for one in looked["creates"]}
    assert up(*make, "--token", looked["token"]).out.strip() == "cad-seats is made."
    other.write_text(seats.read_text().replace("warn = 80", "warn = 75").replace("percent = 90", "percent = 70"))
    second = ("templates", "publish", "seats", str(other), "--note", "n")
    assert up(*second, "--token", up(*second, "--json").json["token"]).code == 0
    behind = up("templates", "diff", "seats", "--json")
    assert (behind.code, behind.json["licenses"][0]["behind"]) == (Exit.FOUND, True)
    foreseen = up("templates", "apply", "seats", "--json").json
    steps = {step["path"]: step["doing"] for step in foreseen["licenses"][0]["steps"]}
    assert steps == {"alerts.use.warn": "CHANGE", "pools.everyone.seats": "KEPT_OVERRIDE"}
    assert up("templates", "apply", "seats", "--token", foreseen["token"]).code == 0
    listed = up("templates", "list", "--json").json["templates"]
    assert [(one["live"], one["licenses"]) for one in listed] == [(2, 1)]
