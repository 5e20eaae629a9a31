"""Runs a real server on a free port, and the audits of GraphQL over HTTP against whatever address is given."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
AUDITS = Path(__file__).with_name("audits.mjs")
NODE_MODULES = ROOT / "node_modules" / "graphql-http"
START_TRIES = 3000  # a tenth of a second each: what hangs ends then


@contextmanager
def served(factory: str, *, extra_env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve `module:factory` by granian on a free port of 127.0.0.1 and give the address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1", "--no-ws"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), factory],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(extra_env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def audited(url: str, headers: Mapping[str, str]) -> list[dict[str, str]]:
    """Run all audits against one GraphQL address, and give each with its id, name, status and reason."""
    done = subprocess.run(
        [os.environ.get("LICTOR_NODE", "node"), str(AUDITS), url, json.dumps(dict(headers))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Post bytes as they are; give status, headers (lower case) and body."""
    return send(urllib.request.Request(url, data=body, headers=dict(headers), method="POST"))


def send(request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, {k.lower(): v for k, v in refusal.headers.items()}, refusal.read()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_TRIES):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start (exit {server.poll()})")
