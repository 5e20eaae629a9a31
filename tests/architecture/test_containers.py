"""The image and the compose file are sound, and what they start really runs against a PostgreSQL of this machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from typer.main import get_command

from api.cli import app
from api.settings import Settings
from tests.emptied import at

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = ("api", "worker")
PATIENCE_S = 120


def instructions(stage: str | None = None) -> list[tuple[str, str]]:
    """Give the Dockerfile's instructions as (word, rest), continued lines joined; of the last stage on request."""
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    if stage == "last":
        text = text[text.rindex("\nFROM ") + 1 :]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_image_is_built_in_stages_from_named_versions() -> None:
    bases = [rest.partition(" AS ")[0] for word, rest in instructions() if word == "FROM"]
    assert len(bases) >= 2
    assert all(re.fullmatch(r"[a-z]+:\d[\w.]*-slim", base) for base in bases)


def test_the_image_installs_by_hash_and_fetches_nothing_else() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert installs
    for rest in installs:
        for part in rest.split("&&"):
            if "pip install" in part:
                assert "--require-hashes" in part or "--no-deps --no-build-isolation ." in part
    assert "--ignore-scripts" in DOCKERFILE
    assert not re.search(r"\b(curl|wget|apt-get|ADD|sudo)\b", DOCKERFILE)


def test_the_image_does_not_run_as_root_and_says_whether_it_is_well() -> None:
    words = [word for word, _ in instructions("last")]
    users = [rest for word, rest in instructions("last") if word == "USER"]
    assert users == ["lictor"]
    assert "HEALTHCHECK" in words
    assert words.index("USER") < words.index("CMD")


def test_every_copied_file_exists_and_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert f"!{source}" in ignored
                assert (ROOT / source).exists()


def test_no_secret_is_written_into_either_file() -> None:
    values = [str(v) for s in COMPOSE["services"].values() for k, v in s.get("environment", {}).items() if "PASS" in k]
    assert values
    assert all(value.startswith("${LICTOR_DB_PASSWORD:?") for value in values)
    assert not re.search(r"(?i)(password|secret|token)\s*=", DOCKERFILE)


@pytest.mark.parametrize("service", OURS)
def test_our_containers_may_do_little(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in described.get("ports", []))


@pytest.mark.parametrize("service", OURS)
def test_each_command_is_one_that_the_terminal_knows(service: str) -> None:
    program, command, *rest = COMPOSE["services"][service]["command"]
    assert program == "lictor"
    assert command in get_command(app).commands  # type: ignore[attr-defined]
    assert rest == []


@pytest.mark.parametrize("service", OURS)
def test_each_setting_is_one_that_lictor_reads(service: str) -> None:
    named = {name for name in COMPOSE["services"][service]["environment"] if name.startswith("LICTOR_")}
    named |= set(re.findall(r"\b(LICTOR_[A-Z_]+)=", DOCKERFILE))
    assert named <= {f"LICTOR_{name.upper()}" for name in Settings.model_fields}


def test_services_wait_for_what_they_need() -> None:
    services = COMPOSE["services"]
    for name, described in services.items():
        for needed, how in described.get("depends_on", {}).items():
            assert needed in services, name
            assert how["condition"] == "service_healthy"
            assert needed == "api" or "healthcheck" in services[needed]


@pytest.fixture
def own_database(cluster: str) -> Iterator[str]:
    name = f"compose_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def started(service: str, changed: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a service's own command with its own environment, but for where the database, port and data are."""
    told = {
        k: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(v)) for k, v in COMPOSE["services"][service]["environment"].items()
    }
    environment = {**os.environ, **told, **changed}
    program = str(Path(sys.executable).with_name("lictor"))
    with log.open("wb") as out:
        return subprocess.Popen(
            [program, *COMPOSE["services"][service]["command"][1:]], cwd=ROOT, env=environment, stdout=out, stderr=out,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


def test_what_compose_starts_serves_and_works_on_a_postgresql(own_database: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changed = {
        "LICTOR_DATABASE_URL": own_database, "LICTOR_DATA_DIR": str(tmp_path / "data"), "LICTOR_HOST": "127.0.0.1",
        "LICTOR_PORT": str(port), "LICTOR_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    probe = re.search(r"urlopen\('http://127\.0\.0\.1:8000([^']*)'", DOCKERFILE)
    assert probe is not None
    running = {"api": started("api", changed, tmp_path / "api.log")}
    try:
        answered(f"http://127.0.0.1:{port}{probe[1]}", running["api"], tmp_path / "api.log")
        seen_working(own_database, 2, running["api"], tmp_path / "api.log")
        running["worker"] = started("worker", changed, tmp_path / "worker.log")
        seen_working(own_database, 4, running["worker"], tmp_path / "worker.log")
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(timeout=PATIENCE_S) for name, process in running.items()}
    assert set(codes.values()) <= {0, -signal.SIGTERM, 128 + signal.SIGTERM}, (tmp_path / "worker.log").read_text()


def answered(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8"))


def seen_working(url: str, least: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until so many have told the queue that they work: two a process, one for runs and one for events."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM jobs.procrastinate_workers").fetchone()
        if row is not None and row[0] >= least:
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8"))
