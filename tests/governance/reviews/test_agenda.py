"""What a board talks about follows from two frozen snapshots by rules that are named with their version."""

from typing import Any

from governance.reviews.agenda import SOURCES, agenda, read


def row(license_id: str, purchased: int, occupied: int, active: int) -> dict[str, Any]:
    percent = str(round(occupied * 100 / purchased, 1))
    balance = purchased - occupied
    return {
        "license_id": license_id, "license": license_id.title(), "purchased": purchased, "occupied": occupied,
        "active": active, "balance": balance, "percent": percent,
    }  # fmt: skip


def frozen(*rows: dict[str, Any], open_: int = 0, severity: str = "LOW", **more: Any) -> dict[str, Any]:
    check = {"check": "over", "title": "Over", "severity": severity, "open": open_}
    return {
        "position": {"rows": list(rows), "totals": None},
        "findings": {"checks": [check], "totals": {"open": open_}},
        "time_to_first_use": {"within_30": None, "median": None},
        **more,
    }


def rules(now: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    return [item.facts["rule"] for item in agenda(now, before)]


def test_licenses_that_are_over_full_or_little_used_come_on_the_agenda_and_others_do_not() -> None:
    told = rules(frozen(row("a", 10, 11, 11), row("b", 100, 90, 90), row("c", 100, 60, 10), row("d", 100, 60, 55)))
    assert told == ["license-over/1", "license-full/1", "license-little-used/1", "time-to-first-use/1"]


def test_few_holders_that_do_not_use_it_are_within_noise_and_stay_off() -> None:
    assert rules(frozen(row("c", 10, 3, 1))) == ["time-to-first-use/1"]


def test_findings_come_where_they_are_more_than_before_or_grave() -> None:
    assert "findings-open/1" in rules(frozen(open_=2), frozen(open_=1))
    assert "findings-open/1" not in rules(frozen(open_=2), frozen(open_=2))
    assert "findings-open/1" in rules(frozen(open_=1, severity="HIGH"), frozen(open_=2, severity="HIGH"))


def test_an_item_says_what_changed_since_the_review_before_and_leads_to_its_page() -> None:
    (item, _) = agenda(frozen(row("a", 10, 12, 12)), frozen(row("a", 10, 11, 11)))
    assert item.facts["page"] == "/licenses/a"
    assert item.facts["change"] == {"moved": "UP", "by": "10.0", "lower": None, "upper": None}
    (first, _) = agenda(frozen(row("a", 10, 12, 12)), None)
    assert first.facts["change"]["moved"] == "NEW"


def test_an_aim_whose_day_has_come_is_shown_then_and_now() -> None:
    then = read(frozen(row("a", 10, 12, 12)), "utilization", "a")
    aim = {"measure": "utilization", "subject": "a", "target": "100", "direction": "DOWN", "then": then}
    judged = {"verdict": "MET", "now": read(frozen(row("a", 10, 9, 9)), "utilization", "a")}
    now = frozen(row("a", 10, 9, 9), aims=[{"id": "x", "review": "r", "aim": aim, "judged": judged}])
    item = next(item for item in agenda(now, None) if item.rule == "aim-judged")
    assert (item.facts["verdict"], item.facts["change"]["by"]) == ("MET", "-30.0")


def test_what_still_runs_from_earlier_comes_first_and_keys_are_one_of_a_kind() -> None:
    now = frozen(
        row("a", 10, 12, 12), open_actions=[{"id": "1", "review": "r"}],
        alerts=[{"id": "1", "pool_id": "p", "alert": "pool-use"}, {"id": "2", "pool_id": "p", "alert": "slower"}],
        renewals=[{"id": "1"}],
    )  # fmt: skip
    items = agenda(now, None)
    assert items[0].rule == "action-open"
    assert len({item.key for item in items}) == len(items)


def test_a_snapshot_of_the_first_format_is_read_as_the_review_before() -> None:
    """It holds no alerts, renewals, actions and aims; what is there now is then new."""
    alerts = [{"id": "1", "pool_id": "p", "alert": "pool-use"}]
    (alert,) = [item for item in agenda(frozen(alerts=alerts), frozen()) if item.rule == "alert-open"]
    assert alert.facts["change"] == {"moved": "NEW"}
    assert read(frozen(), "no-such-measure") is None


def test_each_source_has_a_name_of_its_own() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)
