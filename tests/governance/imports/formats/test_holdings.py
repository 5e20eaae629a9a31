"""Lists of holders as vendors give them: every row read or told of, and sums compared with what the source says."""

from datetime import datetime

import pytest

from governance.imports.errors import NotHoldings
from governance.imports.formats import holdings_github, holdings_lmstat
from governance.imports.formats.holdings import document_of
from tests.real_data import real_file

HEAD = "Flexible License Manager status on Tue 3/3/2026 09:00\n\nLicense server status: 27000@lic1.example,27000@lic2\n"


def test_lines_of_users_are_counted_against_the_servers_sum() -> None:
    text = HEAD + (
        "Users of cad:  (Total of 9 licenses issued;  Total of 6 licenses in use)\n"
        "\t2 RESERVATIONs for GROUP g (lic1/27000)\n"
        "    ada lee ws-1 :0.0 (v1.0) (lic1/27000 101), start Mon 3/2 8:00, 3 licenses\n"
        "    ben ws-2 /dev/tty (v1.0) (lic1/27000 102), start Wed 12/31 23:59\n"
        "    cleo ws-3 /dev/tty (v1.0) (lic1/27000 103), start yesterday\n"
        "Users of mesh:  (Error: 3 licenses, unsupported by licensed server)\n"
    )
    listing = holdings_lmstat.read(text)
    assert (listing.instance, listing.observed_at) == ("lic1.example", datetime(2026, 3, 3, 9))  # noqa: DTZ001
    assert [(held.account, held.quantity, held.since) for held in listing.held] == [
        ("ada lee", 3, datetime(2026, 3, 2, 8)), ("ben", 1, datetime(2025, 12, 31, 23, 59)),  # noqa: DTZ001
    ]  # fmt: skip
    assert [(issue.row, issue.column) for issue in listing.issues] == [(8, "user"), (9, "feature")]
    assert not listing.complete


def test_a_server_that_tells_nothing_is_no_list() -> None:
    with pytest.raises(NotHoldings, match="Cannot connect"):
        holdings_lmstat.read(HEAD + "Error getting status: Cannot connect to license server (-15,570)\n")


@pytest.mark.parametrize(
    ("name", "lines", "seats", "complete"),
    [("app1", 127, 2294, False), ("app2", 38, 38, True), ("app3", 168, 206, True), ("app5", 85, 85, False)],
)
def test_real_servers_are_read_line_by_line(name: str, lines: int, seats: int, complete: bool) -> None:
    text = real_file(f"lmstat/flexlm_exporter_lmstat_{name}.txt").read_text()
    listing = holdings_lmstat.read(text)
    assert (listing.rows, len(listing.held), sum(held.quantity for held in listing.held)) == (lines, lines, seats)
    assert listing.complete is complete


def test_published_samples_of_seats_are_read() -> None:
    folder = "github_licenses/ghec_enterprises_"
    copilot = holdings_github.read(document_of(real_file(f"{folder}copilot_billing_seats_default.json").read_bytes()))
    assert [held.account for held in copilot.held] == ["octocat", "octokitten"]
    assert copilot.complete
    assert copilot.held[0].used_at is not None
    used = holdings_github.read(document_of(real_file(f"{folder}consumed_licenses_default.json").read_bytes()))
    assert [held.names for held in used.held] == [("monalisa", "monalisa@github.com"), ("hubot@example.com",)]
    assert not used.complete, "two of five thousand"
