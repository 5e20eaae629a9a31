"""One effect per idempotency key: the outcome is kept in the effect's own transaction and given again on a repeat."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Instant, Json, TenantRow
from governance.kernel.errors import IdempotencyMismatch
from governance.kernel.work import Work


class KeptOutcome(TenantRow):
    """What a keyed call did: enough to find its result again, never the result's own rendering."""

    __tablename__ = "kept_outcome"
    __table_args__ = (UniqueConstraint("tenant_id", "principal", "key", "path"),)

    principal: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[dict[str, Any]] = mapped_column(Json())
    recorded_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True)
class OnceKey:
    """The client's key, bound to the response path it stands under and to what was asked."""

    key: str
    path: str
    body: Any

    def body_hash(self) -> str:
        return hashlib.sha256(rfc8785.dumps(self.body)).hexdigest()


async def kept(work: Work, once: OnceKey) -> dict[str, Any] | None:
    """Give the kept outcome of this key, None when it is new. Raises IdempotencyMismatch for another body."""
    row = (
        await work.session.execute(
            select(KeptOutcome).where(
                KeptOutcome.tenant_id == work.tenant_id,
                KeptOutcome.principal == work.actor.principal,
                KeptOutcome.key == once.key,
                KeptOutcome.path == once.path,
            )
        )
    ).scalar_one_or_none()
    if row is None:
        return None
    if row.body_hash != once.body_hash():
        raise IdempotencyMismatch(once.key)
    return row.outcome


def keep(work: Work, once: OnceKey, outcome: dict[str, Any]) -> None:
    """Keep the outcome with the effect; a racing twin fails on the unique key and finds this one."""
    work.session.add(
        KeptOutcome(
            tenant_id=work.tenant_id, id=work.new_id(), principal=work.actor.principal, key=once.key, path=once.path,
            body_hash=once.body_hash(), outcome=outcome, recorded_at=work.now(),
        )
    )  # fmt: skip
