"""Letters by mail: one SMTP connection a letter, encrypted where the server offers it, the same Message-ID each try."""

import asyncio
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from governance.notices.errors import SendFailed
from governance.notices.rules import WHOLE_TRY, Letter

TIMEOUT_S = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
START_TLS = {"auto": None, "require": True, "never": False}


class BadSmtpUrl(ValueError):
    """The mail server's address cannot be used. Never repeats it: it may hold a password."""


@dataclass(frozen=True)
class SmtpServer:
    """Where letters are handed in. `start_tls`: True demands it, None takes it where offered, False never."""

    host: str
    port: int
    tls: bool
    start_tls: bool | None
    user: str | None
    password: str | None


def smtp_server(url: str) -> SmtpServer:
    """Read `smtp://[user:password@]host[:port][?starttls=auto|require|never]`; `smtps://` is TLS from the start.

    `smtp+starttls://` is `smtp://` (on port 587 unless named) with starttls=require.

    Raises BadSmtpUrl. A password is only sent over an encrypted connection: with one, `auto` means `require`.
    """
    parts = urlsplit(url)
    wish = parse_qs(parts.query).get("starttls", ["auto"])[-1]
    if parts.scheme not in PORTS or not parts.hostname or wish not in START_TLS:
        raise BadSmtpUrl(
            "needs smtp://, smtp+starttls:// or smtps:// with a host; smtp:// takes ?starttls=auto, require or never"
        )
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise BadSmtpUrl("the port of the mail server is no number between 1 and 65535") from None
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    tls = parts.scheme == "smtps"
    start_tls = False if tls else True if parts.scheme == "smtp+starttls" else START_TLS[wish]
    if password and not tls and start_tls is None:
        start_tls = True
    return SmtpServer(parts.hostname, port, tls, start_tls, user, password)


@dataclass(frozen=True)
class SmtpSender:
    """Sends letters through one server. `sender` is the address letters come from, such as lictor@halden.example."""

    server: SmtpServer
    sender: str
    sender_name: str = "Lictor"

    async def send(self, letter: Letter) -> None:
        """Hand one letter in. Raises SendFailed with the server's answer, or with what went wrong before it."""
        try:
            message = self.message(letter)
        except (ValueError, MessageError):
            raise SendFailed("the person's mail address cannot be used") from None
        server = self.server
        try:
            async with asyncio.timeout(WHOLE_TRY.total_seconds()):
                await aiosmtplib.send(
                    message,
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.tls,
                    start_tls=server.start_tls,
                    timeout=TIMEOUT_S,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise SendFailed(f"recipient refused: {first.code}") from None
        except aiosmtplib.SMTPResponseException as error:
            raise SendFailed(f"the mail server answered {error.code}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendFailed(f"the mail server could not be reached: {type(error).__name__}") from None

    def message(self, letter: Letter) -> EmailMessage:
        """Give the letter as RFC 5322 mail: plain text, marked as automatic (RFC 3834). Raises ValueError."""
        if "@" not in letter.to_address:
            raise ValueError("no mail address")
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self.sender_name, addr_spec=self.sender)
        message["To"] = Address(letter.to_name, addr_spec=letter.to_address)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(letter.body, cte="quoted-printable")
        message["Content-Language"] = letter.language
        return message
