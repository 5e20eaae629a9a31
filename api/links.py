"""The short-lived link to one finished report: who may fetch it without a session, and until when, under a seal."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from governance.kernel.work import Office
from governance.runs.models import Run
from policies.access.actions import Action
from policies.access.parties import Actor

VALID_FOR = timedelta(minutes=10)
LINK_MOST = 400
PURPOSE = b"lictor report link, version 1"
_EXPIRES = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True)
class Link:
    """Who may fetch a file without a session, and until when."""

    tenant_id: UUID
    principal: str
    expires: int


def download_link(office: Office, actor: Actor, run: Run) -> str | None:
    """Give the path under which this actor fetches the file of their finished report for the next ten minutes.

    None while there is no file, and where it is not theirs. Whoever has the link acts as this actor for this one file;
    what they may is read again at each fetch.
    """
    mine = (run.tenant_id, run.principal) == (actor.tenant_id, actor.principal)
    narrowed = actor.token_actions is not None and Action.REPORT_READ not in actor.token_actions
    if not mine or narrowed or not run.outcome or "suffix" not in run.outcome:
        return None
    link = Link(run.tenant_id, actor.principal, int((office.clock.now() + VALID_FOR).timestamp()))
    return f"{path_of(run)}?{urlencode({'link': _written(office.secret, run.id, link)})}"


def path_of(run: Run) -> str:
    """Give the path of a finished report for who is signed in."""
    return f"/reports/{(run.outcome or {}).get('report', 'report')}/runs/{run.id}/file"


def read_link(secret: bytes, run_id: UUID, said: str, now: datetime) -> Link | None:
    """Give what a link says, None for one that was changed, is of another file, or has run out."""
    parts = said.split(".")
    if len(said) > LINK_MOST or len(parts) != 4 or not _EXPIRES.fullmatch(parts[2]):
        return None
    try:
        link = Link(UUID(parts[0]), parts[1], int(parts[2]))
    except ValueError:
        return None
    if not hmac.compare_digest(_written(secret, run_id, link).encode(), said.encode("utf-8", "surrogatepass")):
        return None
    return link if now.timestamp() < link.expires else None


def _written(secret: bytes, run_id: UUID, link: Link) -> str:
    """Write a link: what it says and the HMAC-SHA256 over it, under a key made for this purpose alone."""
    key = hmac.new(secret, PURPOSE, hashlib.sha256).digest()
    said = f"{link.tenant_id}.{link.principal}.{link.expires}"
    seal = hmac.new(key, f"{run_id}.{said}".encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def template_path(name: str, suffix: str) -> str:
    """Give the address of the empty table of an import."""
    return f"/imports/templates/{name}/{suffix}"


def rows_path(run_id: UUID) -> str:
    """Give the address of an import's report, row by row, as CSV."""
    return f"/imports/{run_id}/rows"
