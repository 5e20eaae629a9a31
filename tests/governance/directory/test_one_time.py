"""Codes of an app equal those of the standard, pass within one step either way, and never twice."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from governance.directory.one_time import code_at, matching_step, otpauth_uri, recovery_code, step_of, written

SEED = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: its codes have eight digits, ours are their last six.
PUBLISHED = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)


@pytest.mark.parametrize(("seconds", "published"), PUBLISHED)
def test_codes_are_those_of_the_standard(seconds: int, published: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SEED, step_of(at)) == published[-6:]
    assert matching_step(SEED, published[-6:], at, after=0) == seconds // 30


@pytest.mark.parametrize(("drift", "passes"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(drift: int, passes: bool) -> None:
    now = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
    shown = code_at(SEED, step_of(now) + drift)
    assert (matching_step(SEED, shown, now, after=0) is not None) == passes


def test_a_step_that_was_used_is_behind() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    step = step_of(now)
    assert matching_step(SEED, code_at(SEED, step), now, after=step - 1) == step
    assert matching_step(SEED, code_at(SEED, step), now, after=step) is None
    assert matching_step(SEED, code_at(SEED, step - 1), now + timedelta(seconds=1), after=step) is None


@pytest.mark.parametrize("odd", ["", "28708", "2870822", "٢٨٧٠٨٢", "\udcff", "287o82", "287082" * 1000])
def test_what_is_no_code_does_not_pass(odd: str) -> None:
    assert matching_step(SEED, odd, datetime.fromtimestamp(59, UTC), after=0) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    assert matching_step(SEED, " 287 082 ", datetime.fromtimestamp(59, UTC), after=0) == 1


def test_the_uri_says_whose_it_is_and_how_codes_are_made() -> None:
    uri = urlsplit(otpauth_uri(SEED, organization="Halden: Group", login="dana@halden.example"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Halden%20%20Group:dana%40halden.example")
    assert parse_qs(uri.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["Halden  Group"], "algorithm": ["SHA1"],
        "digits": ["6"], "period": ["30"],
    }  # fmt: skip


def test_a_recovery_code_is_read_however_it_is_typed() -> None:
    code = recovery_code(bytes(range(10)))
    assert code == "aaaq-eaye-auda-ocaj"
    assert written(" AAAQ eaye AUDAocaj ") == code
