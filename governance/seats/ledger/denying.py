"""How the ledger keeps a refusal: the same one of the same holder within a minute is counted, not told again. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from governance.kernel.errors import Reason
from governance.kernel.ids import Ids
from governance.seats.ledger.book import Book, DenialLine
from governance.seats.ledger.port import Claim
from governance.seats.ledger.story import Story
from governance.seats.rules import SAME_DENIAL


def keep_denial(
    book: Book, ids: Ids, story: Story, claim: Claim, pool_id: UUID, person_id: UUID, reasons: tuple[Reason, ...]
) -> None:
    """Keep a refusal with all its reasons, and its entry and event unless it is one that was told just now."""
    now, tenant = book.now, claim.tenant_id
    digest = hash_of(reasons)
    known = book.denials.get((tenant, pool_id, person_id, digest))
    if known is not None and now - known.first_at < SAME_DENIAL:
        known.count, known.last_at = known.count + 1, now
        if (tenant, known.id) not in book.writes.denials:
            book.writes.counted[tenant, known.id] = known
        return
    denial = DenialLine(
        tenant, ids.new(), pool_id, person_id, reasons[0].code.value, [_plain(r) for r in reasons],
        digest, 1, now, now, claim.principal,
    )  # fmt: skip
    book.denials[tenant, pool_id, person_id, digest] = denial
    book.writes.denials[tenant, denial.id] = denial
    story.refused(claim, denial)


def hash_of(reasons: Sequence[Reason]) -> str:
    """Digest what a refusal is about: codes, subjects and needs, not the counts that differ each second."""
    lines = sorted(f"{r.code}\0{r.subject}\0{r.needs}" for r in reasons)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _plain(reason: Reason) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(reason).items()}
