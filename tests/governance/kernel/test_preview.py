"""What destroys is done by the token of exactly what was shown, for a quarter of an hour, in one tenant."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.kernel.preview import PreviewStale, check_preview, preview_token

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET, DIFF = b"a secret of tests", {"seats": ["1", "2"], "reason": "IDLE"}
TOKEN = preview_token(SECRET, tenant="t", verb="release", diff=DIFF, now=NOW)


def _check(**changed: object) -> None:
    given = {"secret": SECRET, "token": TOKEN, "tenant": "t", "verb": "release", "diff": DIFF, "now": NOW} | changed
    check_preview(given.pop("secret"), given.pop("token"), **given)


def test_the_token_of_what_was_shown_lets_pass_to_its_last_second() -> None:
    _check()
    _check(now=NOW + timedelta(minutes=15))
    _check(diff={"reason": "IDLE", "seats": ["1", "2"]})


@pytest.mark.parametrize(
    "changed",
    [
        {"tenant": "u"}, {"verb": "close"}, {"diff": {**DIFF, "seats": ["1"]}}, {"diff": {**DIFF, "more": None}},
        {"secret": b"another"}, {"now": NOW + timedelta(minutes=15, seconds=1)}, {"token": ""}, {"token": "9" * 400},
        {"token": "²." + TOKEN.partition(".")[2]}, {"token": TOKEN + "0"}, {"token": TOKEN[:-1]},
        {"token": f"{int(TOKEN.partition('.')[0]) + 60}.{TOKEN.partition('.')[2]}"}, {"token": TOKEN[:-1] + "é"},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_anything_else_is_stale(changed: dict[str, object]) -> None:
    with pytest.raises(PreviewStale):
        _check(**changed)
