"""What an operator may set: each setting has an environment variable, a default that works, and a sentence on it."""

import base64
import os
import secrets
from enum import StrEnum
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from governance.kernel.errors import BadInput

SECRET_BYTES = 32
SEED_CHARACTERS = 43


class Profile(StrEnum):
    """`production` refuses what only builders need: introspection, GET queries, suggestions."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


def _a_known_database(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("needs postgresql://user@host/name or sqlite:///path") from None
    if url.get_backend_name() not in {"postgresql", "sqlite"} or not url.database:
        raise ValueError("needs postgresql://user@host/name or sqlite:///path")
    return value


def _a_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("needs an address such as https://lictor.example.org")
    return value.rstrip("/")


def _networks(value: str) -> str:
    try:
        return ",".join(str(ip_network(each.strip())) for each in value.split(",") if each.strip())
    except ValueError:
        raise ValueError("needs networks such as 10.0.0.0/8, separated by commas") from None


class Settings(BaseSettings):
    """Every setting of Lictor, read from `LICTOR_…` variables."""

    model_config = SettingsConfigDict(env_prefix="LICTOR_", frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Annotated[
        Path, Field(description="Folder for the SQLite database, generated secrets and finished reports.")
    ] = Path("data")
    database_url: Annotated[
        Annotated[str, AfterValidator(_a_known_database)] | None,
        Field(description="postgresql://user@host/name or sqlite:///path; unset: lictor.sqlite in the data folder."),
    ] = None
    host: Annotated[str, Field(description="Address the server listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="Port the server listens on.")] = 8000
    public_url: Annotated[
        Annotated[str, AfterValidator(_a_web_address)] | None,
        Field(description="Address people reach the server under; https:// here says that a proxy ends TLS."),
    ] = None
    trusted_proxies: Annotated[
        Annotated[str, AfterValidator(_networks)],
        Field(
            description="Networks of your proxies, by commas; their X-Forwarded-For then tells who failed to sign in."
        ),
    ] = ""
    outbound_private: Annotated[
        Annotated[str, AfterValidator(_networks)],
        Field(description="Private networks that calls to identity providers may reach, by commas; else none."),
    ] = ""
    workers: Annotated[int, Field(ge=1, le=64, description="Server processes on PostgreSQL; SQLite has one.")] = 1
    pool_size: Annotated[int, Field(ge=2, le=100, description="Database connections a process keeps per role.")] = 8
    ledger_batch: Annotated[
        int, Field(ge=1, le=1_000, description="Claims on seats that share one commit; 1: each has one to itself.")
    ] = 256
    secret: Annotated[
        SecretStr | None,
        Field(
            description="Key that seals what is kept or handed out sealed, 32 characters or more; unset: made and kept."
        ),
    ] = None
    secret_file: Annotated[
        Path | None, Field(description="File that holds the secret; unset: `secret` in the data folder.")
    ] = None
    trail_key: Annotated[
        SecretStr | None,
        Field(description="Key that signs the trail's checkpoints, 32 bytes as base64url; unset: made and kept."),
    ] = None
    trail_key_file: Annotated[
        Path | None, Field(description="File that holds the trail's key; unset: `trail.key` in the data folder.")
    ] = None
    smtp_url: Annotated[
        SecretStr | None,
        Field(description="smtp://, smtp+starttls:// or smtps://user:password@host:port; unset: no mail is sent."),
    ] = None
    mail_from: Annotated[str, Field(description="Sender of Lictor's mail.")] = "lictor@localhost"
    provisioning_pace: Annotated[
        int, Field(ge=1, le=100_000, description="Operations a second that one identity provider may ask of a process.")
    ] = 200
    profile: Annotated[Profile, Field(description="production, or development with introspection and GET.")] = (
        Profile.PRODUCTION
    )
    log_format: Annotated[Literal["json", "text"], Field(description="How log lines are written.")] = "text"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="The least that is logged.")
    ] = "INFO"

    @model_validator(mode="after")
    def _a_long_secret(self) -> "Settings":
        if self.secret is not None and len(self.secret.get_secret_value()) < SECRET_BYTES:
            raise ValueError(f"LICTOR_SECRET needs {SECRET_BYTES} characters or more")
        if self.trail_key is not None:
            try:
                _seed(self.trail_key.get_secret_value())
            except ValueError as error:
                raise ValueError(f"LICTOR_TRAIL_KEY needs {error}") from None
        return self

    @property
    def database(self) -> str:
        """Give the database's URL, the default one included."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'lictor.sqlite'}"

    @property
    def proxies(self) -> tuple[str, ...]:
        """Give the networks of the proxies that are trusted to say for whom they ask."""
        return tuple(each for each in self.trusted_proxies.split(",") if each)

    @property
    def private_networks(self) -> tuple[str, ...]:
        """Give the private networks that a call of ours may reach."""
        return tuple(each for each in self.outbound_private.split(",") if each)

    @property
    def address(self) -> str:
        """Give the address that people and mails use, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def behind_tls(self) -> bool:
        """Tell whether browsers speak https, whatever reaches this process."""
        return self.public_url is not None and self.public_url.startswith("https://")

    @cached_property
    def secret_bytes(self) -> bytes:
        """Give the secret: from its variable, its file, or a file made now in the data folder for this user only."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.secret_file or self.data_dir / "secret"
        if self.secret_file is None:
            _make_secret(path)
        secret = path.read_bytes().strip()
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"{path}: needs {SECRET_BYTES} characters or more")
        return secret

    @cached_property
    def trail_seed(self) -> bytes:
        """Give the seed of the key that signs the trail, kept as the secret is."""
        if self.trail_key is not None:
            return _seed(self.trail_key.get_secret_value())
        path = self.trail_key_file or self.data_dir / "trail.key"
        if self.trail_key_file is None:
            _make_secret(path)
        try:
            return _seed(path.read_text(errors="replace").strip())
        except ValueError as error:
            raise BadInput("LICTOR_TRAIL_KEY_FILE", str(path), f"a file that holds {error}") from None


def _seed(said: str) -> bytes:
    try:
        seed = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SECRET_BYTES:
        raise ValueError(f"{SECRET_BYTES} bytes as base64url, {SEED_CHARACTERS} characters")
    return seed


def _make_secret(path: Path) -> None:
    """Write a new secret unless there is one; of two processes that start together, one wins and both read it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
