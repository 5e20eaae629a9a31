"""Mail to a real SMTP server: taken once, tried again when it says 451, the same Message-ID, nothing smuggled in."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.delivery.smtp import BadSmtpUrl, SmtpSender, smtp_server
from governance.directory.rules import LinkPurpose
from governance.kernel.clock import HandClock
from governance.kernel.work import Office, Work
from governance.notices.errors import SendFailed
from governance.notices.queries import notice
from governance.notices.rules import WHOLE_TRY, Channel, DeliveryState, Letter, wait_after
from governance.notices.service import Delivered, deliver_due, tell
from governance.runs.principals import system_actor
from tests.estate import Estate

LETTER = Letter(
    UUID(int=5), "Jürg Müller", "juerg@halden.example", "Zürich – «voll»", "Guten Tag\n.\nÜber 120 %\n", "de",
    datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
)  # fmt: skip


class Sink:
    """A mail server that keeps what it takes; `answers` are given before it takes anything."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.refuse_recipient = ""
        self.taken: list[EmailMessage] = []
        self.tries = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.tries += 1
        if self.answers:
            return self.answers.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@asynccontextmanager
async def serving(box: Sink, **options: Any) -> AsyncIterator[int]:
    """Serve the sink on a port of this machine."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="sink", loop=loop, **options), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def sink() -> AsyncIterator[tuple[Sink, int]]:
    box = Sink()
    async with serving(box) as port:
        yield box, port


async def link(work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID) -> str:
    raise AssertionError("no link in this text")


def sender(port: int, *, query: str = "") -> SmtpSender:
    return SmtpSender(smtp_server(f"smtp://127.0.0.1:{port}{query}"), "lictor@halden.example")


async def test_a_letter_arrives_as_it_was_written(sink: tuple[Sink, int]) -> None:
    box, port = sink
    await sender(port).send(LETTER)
    (mail,) = box.taken
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "Zürich – «voll»",
        "Jürg Müller <juerg@halden.example>",
        "Lictor <lictor@halden.example>",
    )
    assert mail["Message-ID"] == "<00000000-0000-0000-0000-000000000005@halden.example>"
    assert mail["Date"].datetime == LETTER.written_at
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "de")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == LETTER.body


async def test_a_server_that_first_answers_451_gets_it_again_and_takes_it_once(
    sink: tuple[Sink, int], office: Office, estate: Estate, clock: HandClock
) -> None:
    box, port = sink
    box.answers = ["451 4.7.1 Greylisted, try again later"]
    facts = {"license": "m365", "pool": "main", "percent": "80.0", "occupied": 8, "supply": 10, "since": "now"}
    actor = system_actor(estate.tenant_id, "tests")
    row = await office.perform(actor, lambda work: tell(work, estate.people["ada"], "pool-use-warn", facts, "k"))
    assert row is not None
    channels = {Channel.MAIL: sender(port)}
    assert await deliver_due(office, channels, link) == Delivered(waiting=1)
    assert await deliver_due(office, channels, link) == Delivered()
    clock.advance(timedelta(minutes=2))
    assert await deliver_due(office, channels, link) == Delivered(sent=1)
    clock.advance(timedelta(days=1))
    assert await deliver_due(office, channels, link) == Delivered()
    assert (box.tries, [mail["Message-ID"] for mail in box.taken]) == (2, [f"<{row.id}@halden.example>"])
    async with office.reading(estate.actor("admin")) as work:
        kept = await notice(work, row.id)
    assert (kept.state, kept.attempts) == (DeliveryState.SENT, 2)


@pytest.mark.parametrize("answer", ["451 no", "550 no", "552 too much"])
async def test_what_the_server_answers_is_told_without_its_words(sink: tuple[Sink, int], answer: str) -> None:
    box, port = sink
    box.answers = [answer + " for juerg@halden.example"]
    with pytest.raises(SendFailed, match=f"^the mail server answered {answer[:3]}$"):
        await sender(port).send(LETTER)
    box.refuse_recipient = "550 5.1.1 juerg is unknown"
    with pytest.raises(SendFailed, match=r"^recipient refused: 550$"):
        await sender(port).send(LETTER)


async def test_nobody_there_is_a_failed_try_and_no_crash(sink: tuple[Sink, int]) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(SendFailed):
        await sender(port).send(LETTER)
    server.close()
    await server.wait_closed()
    with pytest.raises(SendFailed):
        await sender(port).send(LETTER)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Ada", "ada@halden.example\r\nBcc: x@evil.example"),
        ("Ada", "ada@halden.example, x@evil.example"),
        ("Ada", "no address"),
        ("Ada\r\nBcc: x@evil.example", "ada@halden.example"),
        ("Ada <x@evil.example>,", "ada@halden.example"),
    ],
)
async def test_no_name_or_address_adds_a_recipient(sink: tuple[Sink, int], name: str, address: str) -> None:
    box, port = sink
    letter = Letter(LETTER.id, name, address, "s", "b\n", "en", LETTER.written_at)
    try:
        await sender(port).send(letter)
    except SendFailed:
        assert box.taken == []
    else:
        (mail,) = box.taken
        assert mail["Bcc"] is None
        assert [one.addr_spec for one in mail["To"].addresses] == ["ada@halden.example"]


def test_the_address_of_the_server_is_read_strictly_and_never_repeated() -> None:
    full = smtp_server("smtps://lictor:p%40ss@mail.halden.example")
    assert (full.host, full.port, full.tls, full.user, full.password) == (
        "mail.halden.example",
        465,
        True,
        "lictor",
        "p@ss",
    )
    assert smtp_server("smtp://mail:2525").start_tls is None
    assert smtp_server("smtp://mail?starttls=never").start_tls is False
    assert smtp_server("smtp://lictor:secret@mail").start_tls is True
    assert (smtp_server("smtp+starttls://mail").port, smtp_server("smtp+starttls://mail").start_tls) == (587, True)
    for bad in ("http://mail", "smtp://", "smtp://mail:99999", "smtp://lictor:secret@mail?starttls=maybe", "mail"):
        with pytest.raises(BadSmtpUrl) as caught:
            smtp_server(bad)
        assert "secret" not in str(caught.value)


def test_one_try_ends_before_the_next_begins() -> None:
    assert all(wait_after(UUID(int=n), 1) > WHOLE_TRY for n in range(500))


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Give the server's half of TLS, with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_a_password_or_a_demanded_encryption_never_falls_back_to_plain_text(
    sink: tuple[Sink, int], tls: ssl.SSLContext
) -> None:
    box, port = sink
    with pytest.raises(SendFailed):  # the server offers no STARTTLS
        await sender(port, query="?starttls=require").send(LETTER)
    with pytest.raises(SendFailed):
        await SmtpSender(smtp_server(f"smtp://lictor:secret@127.0.0.1:{port}"), "lictor@halden.example").send(LETTER)
    assert box.tries == 0
    async with serving(box, tls_context=tls) as offered:
        with pytest.raises(SendFailed):  # its certificate is not to be trusted
            await sender(offered).send(LETTER)
        await sender(offered, query="?starttls=never").send(LETTER)
    assert box.tries == 1
