"""Settings come from the environment, are described, and make their own secret when none is given."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Profile, Settings


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LICTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LICTOR_PORT", "9000")
    monkeypatch.setenv("LICTOR_PROFILE", "development")
    monkeypatch.setenv("LICTOR_DATABASE_URL", "")
    settings = Settings()
    assert (settings.port, settings.profile) == (9000, Profile.DEVELOPMENT)
    assert settings.database == f"sqlite:///{tmp_path}/lictor.sqlite"
    assert settings.address == "http://127.0.0.1:9000"


def test_a_secret_is_made_once_and_kept_for_this_user_only(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path / "new").secret_bytes
    again = Settings(data_dir=tmp_path / "new").secret_bytes
    assert first == again
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["secret"]


def test_a_secret_is_read_from_its_variable_or_file(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("k" * 40 + "\n")
    assert Settings(secret_file=tmp_path / "mine").secret_bytes == b"k" * 40
    assert Settings(secret="v" * 32).secret_bytes == b"v" * 32
    assert "v" * 32 not in repr(Settings(secret="v" * 32))


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("k")
    for wrong in (
        {"secret": "short"},
        {"database_url": "mysql://host/name"},
        {"database_url": "postgresql://host"},
        {"database_url": "://"},
        {"public_url": "lictor.example"},
        {"port": 0},
    ):
        with pytest.raises(ValidationError):
            Settings(**wrong)
    short = Settings(secret_file=tmp_path / "short")
    with pytest.raises(ValueError, match="32 characters"):
        _ = short.secret_bytes


def test_https_in_the_public_address_means_that_a_proxy_ends_tls() -> None:
    assert Settings(public_url="https://lictor.example/").behind_tls
    assert Settings(public_url="https://lictor.example/").address == "https://lictor.example"
    assert not Settings(public_url="http://lictor.example").behind_tls
