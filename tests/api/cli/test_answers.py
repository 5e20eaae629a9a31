"""Commands answer: one JSON object alone on standard output, exit codes of the table, one sentence for every no."""

import sqlite3
from pathlib import Path

import pytest

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal, create

QUESTIONS = (
    ("db", "upgrade"), ("db", "check"), ("scan",), ("report", "list"), ("token", "list"), ("settings",),
    ("token", "create", "ci", "--mail", "dana@halden.example"),
)  # fmt: skip


def test_every_answer_is_one_json_object_and_words_without_asking_for_it(empty: Terminal) -> None:
    assert empty("db", "upgrade", "--json").json == {"before": None, "after": "0005"}
    made = create(empty, "halden")
    assert set(made.json) == {"tenant", "name", "admin", "password"}
    assert made.err == ""
    for question in QUESTIONS:
        said = empty(*question, "--json")
        assert said.code == Exit.DONE, (question, said.err)
        assert said.json
        spoken = empty(*question)
        assert spoken.code == Exit.DONE
        assert not spoken.out.startswith("{")
    assert empty("db", "check", "--json").json == {"differences": []}


def test_the_schema_goes_up_down_and_is_checked(empty: Terminal) -> None:
    ahead = empty("db", "check", "--json")
    assert ahead.code == Exit.FOUND
    assert ahead.json["differences"]
    assert empty("db", "upgrade", "--json").json["before"] is None
    assert empty("db", "upgrade", "--json").json == {"before": "0005", "after": "0005"}
    assert empty("db", "downgrade", "base", "--json").json == {"before": "0005", "after": None}
    assert empty("db", "check").code == Exit.FOUND


@pytest.mark.parametrize(
    "command", [("scan",), ("token", "list"), ("report", "position"), ("tenant", "create", "x", "--name", "X", "--admin-mail", "x@x.example")]
)  # fmt: skip
def test_before_the_schema_is_up_every_command_names_the_one_that_brings_it_up(
    empty: Terminal, command: tuple[str, ...]
) -> None:
    said = empty(*command)
    assert (said.code, said.out) == (Exit.UNAVAILABLE, "")
    assert "lictor db upgrade" in said.err


def test_a_tenant_is_created_once_with_an_admin_who_can_sign_in(up: Terminal) -> None:
    first = create(up, "halden", "--zone", "Europe/Zurich", "--locale", "de", "--country", "ch")
    assert len(first.json["password"]) >= 12
    assert first.json["admin"] == "dana@halden.example"
    spoken = up("tenant", "create", "solheim", "--name", "Solheim", "--admin-mail", "ina@solheim.example")
    assert "ina@solheim.example" in spoken.out
    assert "once" in spoken.out
    twice = create(up, "halden")
    assert (twice.code, twice.out) == (Exit.BAD_INPUT, "")
    assert "a slug that no other tenant has" in twice.err


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("--zone", "Mars/One"), "zone"),
        (("--currency", "XXY"), "currency"),
        (("--country", "ZZ"), "country"),
        (("--locale", "klingon"), "locale"),
        (("--admin-mail", "nobody"), "mail"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused_whole(up: Terminal, wrong: tuple[str, ...], named: str) -> None:
    said = create(up, "halden", *wrong)
    assert (said.code, said.out) == (Exit.BAD_INPUT, "")
    assert named in said.err
    assert up("token", "list").code == Exit.BAD_INPUT
    assert "lictor tenant create" in up("token", "list").err


def test_where_several_tenants_stand_the_one_meant_is_named(lictor: Terminal) -> None:
    assert lictor("token", "list", "--json").json == {"tokens": []}
    create(lictor, "solheim")
    for command in (("token", "list"), ("scan",), ("report", "position")):
        said = lictor(*command)
        assert (said.code, said.out) == (Exit.BAD_INPUT, "")
        assert "halden, solheim" in said.err
    assert lictor("token", "list", "--tenant", "solheim", "--json").json == {"tokens": []}
    unknown = lictor("scan", "--tenant", "nobody")
    assert (unknown.code, unknown.out) == (Exit.NOT_FOUND, "")
    assert "nobody" in unknown.err


def test_a_token_is_made_listed_and_revoked(lictor: Terminal) -> None:
    own = lictor("token", "create", "ci", "--mail", "dana@halden.example", "--act", "seat:read", "--json").json
    assert own["secret"].startswith(own["prefix"])
    machine = ("token", "create", "feed", "--service-account", "telemetry", "--role", "it_admin", "--json")
    assert lictor(*machine).json["secret"] != lictor(*machine).json["secret"]
    rows = lictor("token", "list", "--json").json["tokens"]
    assert {(row["name"], row["holder"]) for row in rows} == {("ci", "dana@halden.example"), ("feed", "telemetry")}
    assert own["secret"] not in str(rows)
    revoked = lictor("token", "revoke", own["prefix"], "--json").json
    assert (revoked["prefix"], revoked["name"]) == (own["prefix"], "ci")
    assert "REVOKED" in lictor("token", "list").out


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (("create", "ci"), Exit.USAGE),
        (("create", "ci", "--mail", "a@b.example", "--service-account", "x"), Exit.USAGE),
        (("create", "ci", "--mail", "nobody@halden.example"), Exit.NOT_FOUND),
        (("create", "ci", "--mail", "dana@halden.example", "--act", "fly"), Exit.BAD_INPUT),
        (("create", "ci", "--service-account", "x", "--role", "king"), Exit.BAD_INPUT),
        (("create", "ci", "--mail", "dana@halden.example", "--days", "0"), Exit.USAGE),
        (("revoke", "lic"), Exit.BAD_INPUT),
        (("revoke", "lic_nobody"), Exit.NOT_FOUND),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_its_code(lictor: Terminal, wrong: tuple[str, ...], code: Exit) -> None:
    said = lictor("token", *wrong)
    assert (said.code, said.out) == (code, "")
    assert said.err


def test_a_scan_says_what_is_open_and_takes_only_severities(lictor: Terminal) -> None:
    said = lictor("scan", "--fail-on", "low", "--json").json
    assert (said["complete"], said["open"]) == (True, {})
    assert "none" in lictor("scan").out
    wrong = lictor("scan", "--fail-on", "terrible")
    assert wrong.code == Exit.USAGE
    assert "high" in wrong.err


@pytest.mark.parametrize("name", ["license_review", "position", "seat_register", "findings"])
def test_a_report_is_written_with_its_manifest(lictor: Terminal, name: str) -> None:
    assert {"name": name, "formats": ["xlsx", "csv", "jsonl"]} in lictor("report", "list", "--json").json["reports"]
    for form in ("xlsx", "jsonl"):
        path = lictor.folder / f"out.{form}"
        said = lictor("report", name, "--format", form, "-o", str(path), "--as-of", "2026-01-31", "--json").json
        assert (said["file"], said["manifest"]["report"]) == (str(path), name)
        assert said["manifest"]["as_of"] == "2026-01-31T23:59:59.999999Z"
        assert path.stat().st_size


@pytest.mark.parametrize(
    ("wrong", "code", "named"),
    [
        (("nothing",), Exit.NOT_FOUND, "nothing"),
        (("position", "--format", "pdf"), Exit.USAGE, "xlsx, csv, jsonl"),
        (("position", "--as-of", "yesterday"), Exit.BAD_INPUT, "2026-10-31"),
        (("position", "--as-of", "2026-01-31T10:00:00"), Exit.BAD_INPUT, "zone"),
        (("position", "--as-of", "2026-02-30"), Exit.BAD_INPUT, "as-of"),
        (("position", "--as-of", "snapshot:Q7-2026"), Exit.BAD_INPUT, "snapshot:FY2026-Q3"),
        (("position", "--known-at", "snapshot:Q7-2026"), Exit.BAD_INPUT, "--as-of"),
        (("position", "--known-at", "then"), Exit.BAD_INPUT, "known-at"),
        (("position", "--as-of", "2999-01-01"), Exit.BAD_INPUT, "2999"),
        (("position", "-o", "no/such/folder/out.xlsx"), Exit.BAD_INPUT, "no/such/folder"),
    ],
)
def test_a_report_that_cannot_be_leaves_no_file(
    lictor: Terminal, wrong: tuple[str, ...], code: Exit, named: str
) -> None:
    path = lictor.folder / "out.xlsx"
    output = () if "-o" in wrong else ("-o", str(path))
    said = lictor("report", *wrong, *output)
    assert (said.code, said.out) == (code, ""), said.err
    assert named in said.err
    assert not path.exists()


def test_the_calendar_of_renewals_is_written_as_one_and_no_other_report_is(lictor: Terminal) -> None:
    path = lictor.folder / "renewals.ics"
    said = lictor("report", "renewals_calendar", "-o", str(path), "--json").json
    assert said["file"] == str(path)
    assert path.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert path.read_text().count("BEGIN:VEVENT") == said["events"]
    other = lictor("report", "position", "-o", str(lictor.folder / "position.ics"))
    assert (other.code, "renewals_calendar" in other.err) == (Exit.USAGE, True)
    assert not (lictor.folder / "position.ics").exists()


def test_a_doctor_names_what_ails_and_what_would_help(empty: Terminal) -> None:
    ill = empty("doctor", "--json")
    assert ill.code == Exit.FOUND
    assert ill.json["findings"][0]["remedy"] == "Run `lictor db upgrade`."
    empty("db", "upgrade")
    create(empty, "halden")
    said = empty("doctor", "--json", LICTOR_SMTP_URL="smtp://127.0.0.1:25")
    assert said.code == Exit.DONE, said.out
    assert {"schema", "seat counters", "events", "runs", "notices", "feeds", "tenants", "mail"} <= {
        finding["what"] for finding in said.json["findings"]
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LICTOR_PORT", "many"),
        ("LICTOR_DATABASE_URL", "mysql://x/y"),
        ("LICTOR_PUBLIC_URL", "lictor.example"),
        ("LICTOR_LOG_FORMAT", "poem"),
        ("LICTOR_SECRET", "short"),
    ],
)
def test_settings_that_cannot_be_read_are_named_by_their_variable(tmp_path: Path, name: str, value: str) -> None:
    for command in (("settings",), ("serve",), ("scan",), ("db", "upgrade")):
        said = Terminal(tmp_path)(*command, **{name: value})
        assert (said.code, said.out) == (Exit.BAD_INPUT, "")
        assert name in said.err
        assert "Traceback" not in said.err


def test_settings_show_no_secret(tmp_path: Path) -> None:
    secret = "a secret of thirty-two characters or more"
    said = Terminal(tmp_path)("settings", "--json", LICTOR_SECRET=secret, LICTOR_SMTP_URL="smtp://a:hush@mail")
    assert said.json["LICTOR_SECRET"]["value"] == said.json["LICTOR_SMTP_URL"]["value"] == "********"
    assert all(row["for"] for row in said.json.values())
    assert secret not in said.out
    assert "hush" not in said.out


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    nowhere = Terminal(tmp_path, "postgresql://nobody@127.0.0.1:1/nothing")
    for command in (("scan",), ("db", "upgrade"), ("token", "list")):
        said = nowhere(*command)
        assert (said.code, said.out) == (Exit.UNAVAILABLE, "")
        assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_told_without_a_traceback_on_the_answer(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lictor.sqlite").write_bytes(b"no database at all" * 100)
    said = Terminal(tmp_path)("scan", "--json")
    assert (said.code, said.out) == (Exit.BAD_INPUT, "")
    assert "no SQLite database" in said.err
    with pytest.raises(sqlite3.DatabaseError), sqlite3.connect(tmp_path / "data" / "lictor.sqlite") as connection:
        connection.execute("SELECT 1 FROM tenant")


def test_sqlite_is_served_by_one_process(tmp_path: Path) -> None:
    said = Terminal(tmp_path)("serve", "--workers", "2")
    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "PostgreSQL" in said.err
