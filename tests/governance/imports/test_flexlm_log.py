"""A license server's log becomes observed use, once each; who is unknown is said, and no seat moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.rules import FileFormat
from governance.kernel.errors import Refused
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunState
from governance.usage.models import Feed, UsageEvent
from tests.estate import Estate
from tests.governance.imports.files import DUTIES, codes, every, outcome_of, run_of, short
from tests.governance.imports.test_resume import CuttingTrail
from tests.real_data import real_file

LOG = FileFormat.FLEXLM_LOG
LINES = (
    "15:31:26 (lmgrd) Server's System Date and Time: Fri Feb 27 2026 15:31:26 Eastern Standard Time",
    "15:31:27 (vendor) Server started on keys.halden.example for:\tbase",
    '15:32:00 (vendor) OUT: "base" ADA@h1',
    '15:33:00 (vendor) OUT: "base" stranger@h2',
    '15:34:00 (vendor) DENIED: "base" ben@h3  (Licensed number of users already reached. (-4,342))',
    '15:34:00 (vendor) DENIED: "base" ben@h3  (Licensed number of users already reached. (-4,342))',
    ' 0:10:00 (vendor) IN: "base" ADA@h1',
    ' 0:11:00 (vendor) OUT: "base" nobody',
)
SOURCE = "keys.halden.example/vendor"


def log(*lines: str) -> bytes:
    return "\n".join(lines or LINES).encode()


async def taken(office: Office, estate: Estate, content: bytes, **options: Any) -> dict[str, Any]:
    return await outcome_of(office, estate.actor("admin"), LOG, content, **options)


async def test_a_log_comes_in_once_as_observed_use(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    tried = await taken(office, estate, log(), dry_run=True)
    assert await every(office, admin, UsageEvent) == []
    said = await taken(office, estate, log())
    assert said == tried
    assert short(said) == (8, 5, 1, 5, 0, 0)
    assert {key: said[key] for key in ("checkouts", "returns", "denials", "unsupported", "peak", "other")} == {
        "checkouts": 2, "returns": 1, "denials": {"base": 2}, "unsupported": 0, "peak": {"base": 2}, "other": 2,
    }  # fmt: skip
    assert [(one["kind"], one["line"], one["assumed"]) for one in said["inferred"]] == [
        ("zone", 1, "America/New_York"), ("midnight", 7, "2026-02-28"),
    ]  # fmt: skip
    assert all(set(one) == {"kind", "line", "assumed", "because"} for one in said["inferred"])
    assert [(i["row"], i["code"]) for i in said["issues"]] == [(4, "UNKNOWN_PERSON"), (8, "LINE_UNREADABLE")]
    events = sorted(await every(office, admin, UsageEvent), key=lambda event: event.occurred_at)
    assert [(e.type.removeprefix("lictor.license."), e.person_id) for e in events] == [
        ("checkout", estate.people["ada"]), ("checkout", None), ("denied", estate.people["ben"]),
        ("denied", estate.people["ben"]), ("checkin", estate.people["ada"]),
    ]  # fmt: skip
    assert {event.source for event in events} == {SOURCE}
    assert events[0].occurred_at == datetime(2026, 2, 27, 20, 32, tzinfo=UTC)
    assert events[0].data == {"feature": "base", "user": "ADA", "host": "h1", "quantity": 1}
    assert events[2].data["reason"].startswith("Licensed number")
    assert await every(office, admin, OutboxEvent, OutboxEvent.name == "UsageObserved") == []
    again = await taken(office, estate, log())
    assert (short(again), len(await every(office, admin, UsageEvent))) == ((8, 5, 1, 0, 0, 5), 5)


async def test_a_longer_log_of_the_same_server_brings_only_what_is_new(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await taken(office, estate, log())
    office.clock.advance(timedelta(hours=1))
    more = (*LINES, ' 0:20:00 (vendor) OUT: "base" ben@h3')
    assert short(await taken(office, estate, log(*more))) == (9, 6, 1, 1, 0, 5)
    (feed,) = await every(office, admin, Feed)
    assert (feed.source, feed.events) == (SOURCE, 6)
    assert (feed.last_event_at, feed.last_heard_at) == (
        datetime(2026, 2, 28, 5, 20, tzinfo=UTC), office.clock.now(),
    )  # fmt: skip
    entries = await every(office, admin, Entry, Entry.act == "event:ingest")
    assert sorted(entry.after["accepted"] for entry in entries) == [1, 5]


async def test_a_login_names_a_person_only_where_it_fits_one(office: Office, estate: Estate) -> None:
    await estate.person("Ben", "it")
    said = await taken(office, estate, log())
    assert codes(said) == {"UNKNOWN_PERSON": 2, "LINE_UNREADABLE": 1}
    events = await every(office, estate.actor("admin"), UsageEvent, UsageEvent.type == "lictor.license.denied")
    assert {(event.person_id, event.data["user"]) for event in events} == {(None, "ben")}


async def test_a_product_named_as_the_feature_is_the_one_that_was_used_and_a_denial_is_no_use(
    office: Office, estate: Estate
) -> None:
    product_id = await estate.product("base")
    await taken(office, estate, log())
    events = await every(office, estate.actor("admin"), UsageEvent)
    assert {(event.type.rpartition(".")[2], event.product_id) for event in events} == {
        ("checkout", product_id), ("checkin", product_id), ("denied", None),
    }  # fmt: skip


async def test_what_no_line_tells_is_given_by_options_or_assumed_and_listed(office: Office, estate: Estate) -> None:
    bare = log(*LINES[2:3])
    run = await run_of(office, estate.actor("admin"), LOG, bare)
    assert run.state is RunState.FAILED
    assert "--first-day" in (run.error or "")
    said = await taken(office, estate, bare, options={"first_day": "2026-02-27"})
    assert [(one["kind"], one["assumed"]) for one in said["inferred"]] == [
        ("server", "unknown"), ("zone", "Europe/Zurich"),
    ]  # fmt: skip
    told = {"first_day": "2026-02-27", "server": "keys", "zone": "Asia/Tokyo"}
    said = await taken(office, estate, bare, options=told)
    assert said["inferred"] == []
    (event,) = await every(office, estate.actor("admin"), UsageEvent, UsageEvent.source == "keys/vendor")
    assert event.occurred_at == datetime(2026, 2, 27, 6, 32, tzinfo=UTC)
    for options in ({"first_day": "tomorrow"}, {"first_day": "2026-02-27", "zone": "Moon/Base"}):
        assert (await run_of(office, estate.actor("admin"), LOG, bare, options=options)).state is RunState.FAILED


async def test_the_days_before_the_first_date_are_counted_back(office: Office, estate: Estate) -> None:
    lines = (
        '23:00:00 (vendor) OUT: "base" ada@h', ' 1:00:00 (vendor) IN: "base" ada@h',
        " 6:00:00 (lmgrd) TIMESTAMP 2/28/2026",
    )  # fmt: skip
    said = await taken(office, estate, log(*lines), options={"server": "keys", "zone": "UTC"})
    assert [(one["kind"], one["assumed"]) for one in said["inferred"]] == [
        ("first_day", "2026-02-27"), ("midnight", "2026-02-28"),
    ]  # fmt: skip


async def test_a_line_of_the_future_is_rejected(office: Office, estate: Estate) -> None:
    said = await taken(office, estate, log(*LINES[2:3]), options={"first_day": "2027-01-01", "zone": "UTC"})
    assert short(said) == (1, 0, 1, 0, 0, 0)


async def test_only_who_may_bring_use_in_imports_logs(office: Office, estate: Estate) -> None:
    for who in ("ada", "auditor", "board-sales"):
        with pytest.raises(Refused):
            await office.perform(
                estate.actor(who), lambda work: request_file_import(work, ImportFile(LOG, "debug.log", log()))
            )


async def test_an_import_that_is_cut_off_goes_on_with_the_next_thousand(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    lines = (f'15:{n // 60 % 60:02}:{n % 60:02} (vendor) OUT: "f{n // 3600}" ada@h{n}' for n in range(2_500))
    asked = ImportFile(LOG, "debug.log", log(*LINES[:2], *lines))
    run = await office.perform(admin, lambda work: request_file_import(work, asked))
    await move_run(replace(office, trail=CuttingEntries(office.trail, 2)), run.tenant_id, run.id, DUTIES, "dies")
    assert len(await every(office, admin, UsageEvent)) == 1_000
    office.clock.advance(timedelta(minutes=1))
    await move_run(office, run.tenant_id, run.id, DUTIES, "lives")
    (ended,) = await every(office, admin, Run)
    assert ended.outcome is not None, ended.error
    assert (short(ended.outcome), ended.outcome["checkouts"]) == ((2_502, 2_500, 0, 2_500, 0, 0), 2_500)
    assert len(await every(office, admin, UsageEvent)) == 2_500


class CuttingEntries(CuttingTrail):
    """A trail whose process dies at the n-th entry about usage, before it is committed."""

    async def write(self, work: Any, change: Any) -> None:
        self.at -= change.subject_type == "usage"
        if self.at == 0:
            raise RuntimeError("The process dies here.")
        await self.inner.write(work, change)


@pytest.mark.real_data
async def test_a_real_log_comes_to_its_published_figures_and_is_stored_whole(office: Office, estate: Estate) -> None:
    content = real_file("flexlm_logs/partek_logfile2.log").read_bytes()
    said = await taken(office, estate, content)
    assert short(said) == (15_535, 3_171, 0, 3_171, 0, 0)
    assert (said["checkouts"], said["returns"], said["unsupported"]) == (1_161, 1_159, 5)
    assert said["denials"] == {"base": 671, "matk": 175}
    assert (said["peak"]["base"], said["peak"]["matk"]) == (6, 6)
    assert codes(said) == {"UNKNOWN_PERSON": 44}
    assert {one["kind"] for one in said["inferred"]} == {"midnight", "zone"}
    assert short(await taken(office, estate, content)) == (15_535, 3_171, 0, 0, 0, 3_171)
    async with office.database.read(estate.tenant_id) as session:
        by_type = select(UsageEvent.type, func.count()).group_by(UsageEvent.type)
        assert {row[0]: row[1] for row in await session.execute(by_type)} == {
            "lictor.license.checkout": 1_161, "lictor.license.checkin": 1_159, "lictor.license.denied": 846,
            "lictor.license.unsupported": 5,
        }  # fmt: skip
