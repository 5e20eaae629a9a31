"""The tenant's policies and templates, version by version: drafted with examples, published whole, rolled back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word
from governance.rulebook.rules import PolicyKind, VersionState

LIVE = text("state = 'LIVE'")


class PolicyVersion(TenantRow):
    """One version of one policy: its whole content, its examples, who drafted and who published it.

    `subject`: which one of its kind, where there are several: the code of a template; empty otherwise. `number`
    counts the versions of a kind, `edition` those of a template.
    """

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "number"),
        Index("ix_policy_version_edition", "tenant_id", "kind", "subject", "edition", unique=True),
        Index(
            "ix_policy_version_live", "tenant_id", "kind", "subject", unique=True,
            sqlite_where=LIVE, postgresql_where=LIVE,
        ),
    )  # fmt: skip

    kind: Mapped[PolicyKind] = mapped_column(Word(PolicyKind))
    subject: Mapped[str] = mapped_column(String(60), default="", server_default="")
    number: Mapped[int] = mapped_column(Integer)
    edition: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[VersionState] = mapped_column(Word(VersionState))
    content: Mapped[dict[str, Any]] = mapped_column(Json())
    examples: Mapped[list[Any]] = mapped_column(Json())
    note: Mapped[str] = mapped_column(String(400))
    rolled_back_to: Mapped[UUID | None]
    drafted_by: Mapped[str] = mapped_column(String(80))
    drafted_at: Mapped[datetime]
    published_by: Mapped[str | None] = mapped_column(String(80))
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    @property
    def shown_number(self) -> int:
        """Give the number people know it by: among the versions of its template, or of its kind."""
        return self.number if self.edition is None else self.edition
