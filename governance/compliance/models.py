"""What scans found: each scan, how each of its checks ended, findings and the states they went through."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.compliance.rules import CheckState, FindingState, Severity
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

UNRESOLVED = text("resolved_at IS NULL")


class Scan(TenantRow):
    """One run of all checks at one instant. Its id is its run's. Incomplete where a check errored."""

    __tablename__ = "scan"

    as_of: Mapped[datetime]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    complete: Mapped[bool | None] = mapped_column(Boolean)
    roster_version: Mapped[str] = mapped_column(String(64))


class CheckResult(TenantRow):
    """How one check ended in one scan."""

    __tablename__ = "check_result"
    __table_args__ = (UniqueConstraint("tenant_id", "scan_id", "check_id"),)

    scan_id: Mapped[UUID] = ref("scan", index=False)
    check_id: Mapped[str] = mapped_column(String(60))
    rule_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[CheckState] = mapped_column(Word(CheckState))
    violations: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(400))


class Finding(TenantRow, Versioned):
    """One rule broken by one subject. `has` and `needs` are the latest; its states are rows of their own.

    A waiver holds until `waived_until`: from then on the finding is open, whoever reads it, swept or not
    (`rules.standing`, `queries.state_at`).
    """

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "ix_finding_open", "tenant_id", "check_id", "subject_type", "subject_id", unique=True,
            sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED,
        ),
        Index("ix_finding_newest", "tenant_id", "opened_at", "id"),
    )  # fmt: skip

    check_id: Mapped[str] = mapped_column(String(60))
    severity: Mapped[Severity] = mapped_column(Word(Severity))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    unit_id: Mapped[UUID] = ref("org_unit")
    region: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    subject_name: Mapped[str] = mapped_column(String(650))
    has: Mapped[str] = mapped_column(String(400))
    needs: Mapped[str] = mapped_column(String(400))
    facts: Mapped[dict[str, Any]] = mapped_column(Json())
    rule_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[FindingState] = mapped_column(Word(FindingState), default=FindingState.OPEN)
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    opened_scan_id: Mapped[UUID] = ref("scan")
    last_seen_scan_id: Mapped[UUID] = ref("scan")
    resolved_scan_id: Mapped[UUID | None] = ref("scan", nullable=True)
    waived_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class FindingStep(TenantRow):
    """One change of a finding: its state, what it has and needs from then on, by whom or by which scan, why.

    `number` is the finding's version after it and gives the order; `until` belongs to a waiver.
    """

    __tablename__ = "finding_step"
    __table_args__ = (UniqueConstraint("tenant_id", "finding_id", "number"), {"info": {"append_only": True}})

    finding_id: Mapped[UUID] = ref("finding", index=False)
    number: Mapped[int]
    state: Mapped[FindingState] = mapped_column(Word(FindingState))
    has: Mapped[str] = mapped_column(String(400))
    needs: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(400))
    until: Mapped[datetime | None]
