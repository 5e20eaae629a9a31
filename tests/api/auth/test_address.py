"""Whose address counts: the peer's, or what a trusted proxy says; where that cannot be told, nobody's."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.auth.address import client_address
from api.settings import Settings

TLS = "https://lictor.halden.example"


def asked(tmp_path: Path, peer: str | None, *said: str, proxies: str = "", url: str | None = None) -> str | None:
    settings = Settings(data_dir=tmp_path, trusted_proxies=proxies, public_url=url)
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in said]
    scope: Any = {"type": "http", "client": peer and (peer, 4000), "headers": headers}
    return client_address(scope, settings)


@pytest.mark.parametrize(
    ("peer", "said", "proxies", "url", "is_"),
    [
        ("198.51.100.7", [], "", None, "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "", None, "198.51.100.7"),
        ("10.0.0.2", ["203.0.113.9"], "", TLS, None),
        ("10.0.0.2", ["203.0.113.9"], "10.0.0.0/8", TLS, "203.0.113.9"),
        ("10.0.0.2", ["1.1.1.1, 203.0.113.9, 10.0.0.3"], "10.0.0.0/8", TLS, "203.0.113.9"),
        ("10.0.0.2", ["1.1.1.1", "203.0.113.9"], "10.0.0.0/8", TLS, "203.0.113.9"),
        ("198.51.100.7", ["203.0.113.9"], "10.0.0.0/8", TLS, "198.51.100.7"),
        ("10.0.0.2", ["203.0.113.9, unknown"], "10.0.0.0/8", TLS, "10.0.0.2"),
        ("10.0.0.2", [], "10.0.0.0/8", TLS, "10.0.0.2"),
        ("2001:db8::5", [], "", None, "2001:db8::5"),
        (None, ["203.0.113.9"], "10.0.0.0/8", TLS, None),
        ("a socket", [], "", None, None),
    ],
)
def test_the_address_that_counts(
    tmp_path: Path, peer: str | None, said: list[str], proxies: str, url: str | None, is_: str | None
) -> None:
    assert asked(tmp_path, peer, *said, proxies=proxies, url=url) == is_


def test_networks_are_read_when_the_server_starts(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path, trusted_proxies=" 10.0.0.0/8, ::1 ").proxies == ("10.0.0.0/8", "::1/128")
    with pytest.raises(ValidationError, match=r"networks such as 10\.0\.0\.0/8"):
        Settings(data_dir=tmp_path, trusted_proxies="10.0.0.1/8")
