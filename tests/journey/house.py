"""The real house for a journey: the terminal, the server as a process of its own, its graph, its doors and its mail."""

import email
import email.policy
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aiosmtpd.controller import Controller
from typer.testing import CliRunner

from api.cli import app

PROGRAM = str(Path(sys.executable).with_name("lictor"))
PATIENCE_S = 300  # what hangs ends then; what is slow goes on
LOOK_EVERY_S = 0.2
T = TypeVar("T")


def until(look: Callable[[], T], what: str) -> T:
    """Look again until what is looked for is there; say what never came."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"never came: {what}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Postbox:
    """A real mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"

    def to(self, mail: str) -> list[EmailMessage]:
        return [message for message in self.taken if mail in str(message["To"])]

    def link_for(self, mail: str) -> str:
        """Wait for the letter with a link to this person, and give the link."""
        letter = until(lambda: [m for m in self.to(mail) if "/l/" in m.get_content()], f"a link for {mail}")[0]
        found = re.search(r"http://\S+/l/\S+", letter.get_content())
        assert found is not None
        return found[0]


@contextmanager
def postbox() -> Iterator[tuple[Postbox, int]]:
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@dataclass
class Graph:
    """The graph as one person sees it: by a token, or by a browser's session with its forgery token."""

    client: httpx.Client
    headers: Mapping[str, str]

    def answer(self, query: str, key: str | None = None, **variables: Any) -> httpx.Response:
        more = {} if key is None else {"Idempotency-Key": key}
        body = {"query": query, "variables": variables}
        return self.client.post("/graphql", json=body, headers={**self.headers, **more})

    def ask(self, query: str, key: str | None = None, **variables: Any) -> Any:
        """Give the data of an answer that has no error."""
        said = self.answer(query, key, **variables).json()
        assert "errors" not in said, said
        return said["data"]

    def do(self, verb: str, wants: str, key: str | None = None, **given: Any) -> Any:
        """Do one mutation and give what it answers, a refusal included."""
        kind = "SeatInput" if verb in {"suspendSeat", "resumeSeat"} else f"{verb[0].upper()}{verb[1:]}Input"
        refusal = "... on Refusal { code message path reasons { code has needs remedy } }"
        query = f"mutation($input: {kind}!) {{ {verb}(input: $input) {{ __typename {wants} {refusal} }} }}"
        return self.ask(query, key, input=given)[verb]

    def done(self, verb: str, of: str, wants: str = "id", **given: Any) -> Any:
        """Do one mutation that must succeed."""
        said = self.do(verb, f"... on {of} {{ {wants} }}", **given)
        assert said["__typename"] == of, said
        return said

    def broken_links(self, first: str = "/", most: int = 30) -> dict[str, int]:
        """Follow the links of pages from the first one on, as this session's reader, and give those that do not open."""
        open_links, seen, broken = [first], {first}, {}
        for path in open_links:
            page = self.client.get(path, headers={"Accept": "text/html"})
            if page.status_code >= 400:
                broken[path] = page.status_code
            found = (
                [page.headers["location"]]
                if "location" in page.headers
                else re.findall(r'href="(/[^"#?]*)"', page.text)
            )
            fresh = [href for href in dict.fromkeys(found) if href not in seen and not href.startswith("/static/")]
            open_links += fresh[: most - len(open_links)]
            seen.update(open_links)
        return broken


@dataclass
class House:
    """One installation: a database, a data folder, a port, and at most one server at a time."""

    database_url: str | None
    data_dir: Path
    smtp_port: int
    port: int = field(default_factory=free_port)
    clients: list[httpx.Client] = field(default_factory=list)
    server: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        settings = {
            "LICTOR_DATA_DIR": str(self.data_dir),
            "LICTOR_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}?starttls=never",
            "LICTOR_PUBLIC_URL": self.address,
        }
        if self.database_url is not None:
            settings["LICTOR_DATABASE_URL"] = self.database_url
        return settings

    def lictor(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run a command beside the server, which must end with this code, and give its one JSON object."""
        inherited = dict.fromkeys(name for name in os.environ if name.startswith("LICTOR_"))
        ended = CliRunner().invoke(app, [*arguments, "--json"], env={**inherited, **self.settings})
        assert ended.exit_code == code, (arguments, ended.exit_code, ended.stdout, ended.stderr, ended.exception)
        return json.loads(ended.stdout)

    def serve(self) -> None:
        """Start the server in a group of its own, and wait until it answers."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("LICTOR_")}
        with (self.data_dir.parent / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(self.port)], cwd=self.data_dir.parent, env=others | self.settings,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

        watchman = self.nobody()

        def answers() -> bool:
            assert self.server is not None
            assert self.server.poll() is None, self.told()
            try:
                return watchman.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, "a server that answers")

    def told(self) -> str:
        return (self.data_dir.parent / "server.log").read_text("utf-8")

    def kill(self) -> None:
        """Take the server and all its children away at once, as a power cut would."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(timeout=PATIENCE_S)
        self.server = None

    def stop(self) -> None:
        """Close the house: clients first, then the server, which may end what it does."""
        for client in self.clients:
            client.close()
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self.server = None

    def nobody(self) -> httpx.Client:
        """Open a client without any right; it is closed with the house."""
        self.clients.append(httpx.Client(base_url=self.address, timeout=PATIENCE_S, trust_env=False))
        return self.clients[-1]

    def by_token(self, secret: str) -> Graph:
        return Graph(self.nobody(), {"Authorization": f"Bearer {secret}"})

    def by_session(self, mail: str, password: str) -> Graph:
        """Sign in at the console and give the graph under that session."""
        client = self.nobody()
        entered = client.post("/sign-in", data={"login": mail, "password": password})
        assert entered.status_code == 303, entered.text
        page = client.get("/sign-in/again").text
        token = re.search(r'name="_csrf" value="([^"]+)"', page)
        assert token is not None
        return Graph(client, {"X-CSRF-Token": token[1]})
