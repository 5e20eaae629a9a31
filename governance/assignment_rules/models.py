"""Assignment rules in their versions, whom a version leaves out, and how each person under a rule is served."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.assignment_rules.rules import Leaving, MemberState
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

OPEN = text("ended_at IS NULL")


class AssignmentRule(TenantRow, Versioned):
    """A standing decision to give seats of a product to whoever belongs somewhere. What it says is in its versions.

    `busy_until`: one process reconciles the product's rules until then; `again`: it shall look once more at its end.
    Both are kept at the product's first rule.
    """

    __tablename__ = "assignment_rule"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    product_id: Mapped[UUID] = ref("product")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    again: Mapped[bool] = mapped_column(Boolean, default=False)


class AssignmentRuleVersion(TenantRow):
    """What a rule says from `start` until `superseded_at`; the number counts from 1 within the rule.

    Who: whoever fits all that is named of group, unit (with all below it), kind of employment and region (of the
    country where they work), without those of `except_group_id` and of the exceptions. What: at least `tier_id`, of
    the line or pool where one is named. `settle_minutes`: how long somebody may be without any rule before it acts.
    """

    __tablename__ = "assignment_rule_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "rule_id", "number"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority"),
        CheckConstraint("settle_minutes BETWEEN 0 AND 43200", name="settle"),
    )

    rule_id: Mapped[UUID] = ref("assignment_rule", index=False)
    number: Mapped[int] = mapped_column(Integer)
    group_id: Mapped[UUID | None] = ref("person_group", nullable=True)
    unit_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    employment: Mapped[str | None] = mapped_column(String(120))
    region: Mapped[str | None] = mapped_column(String(10))
    except_group_id: Mapped[UUID | None] = ref("person_group", nullable=True)
    tier_id: Mapped[UUID | None] = ref("tier", nullable=True)
    line_id: Mapped[UUID | None] = ref("metric_line", nullable=True)
    pool_id: Mapped[UUID | None] = ref("pool", nullable=True)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    leaving: Mapped[Leaving] = mapped_column(Word(Leaving))
    settle_minutes: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(400))
    start: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    recorded_by: Mapped[str] = mapped_column(String(80))


class AssignmentRuleException(TenantRow):
    """A person whom a version of a rule leaves out though they would fit."""

    __tablename__ = "assignment_rule_exception"
    __table_args__ = (UniqueConstraint("tenant_id", "version_id", "person_id"),)

    version_id: Mapped[UUID] = ref("assignment_rule_version", index=False)
    person_id: Mapped[UUID] = ref("person")


class AssignmentRuleMember(TenantRow):
    """How a person stands under a rule, from falling under it until it has let go of them.

    `number`: the version they were last served by. `assignment_id`: the seat that serves them; it is the rule's own
    while SEATED or LEAVING. `request_id`: their place in line. `leaves_at`: when the rule takes the seat of one who
    fell out of it. `retry_at`: when it tries again.
    """

    __tablename__ = "assignment_rule_member"
    __table_args__ = (
        Index(
            "ix_assignment_rule_member_open", "tenant_id", "rule_id", "person_id", unique=True,
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_assignment_rule_member_person", "tenant_id", "person_id", "since"),
        Index("ix_assignment_rule_member_since", "tenant_id", "rule_id", "since", "id"),
        Index(
            "ix_assignment_rule_member_leaves", "tenant_id", "leaves_at", sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_assignment_rule_member_retry", "tenant_id", "retry_at", sqlite_where=OPEN, postgresql_where=OPEN),
    )  # fmt: skip

    rule_id: Mapped[UUID] = ref("assignment_rule", index=False)
    number: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[UUID] = ref("person", index=False)
    state: Mapped[MemberState] = mapped_column(Word(MemberState))
    assignment_id: Mapped[UUID | None] = ref("assignment", nullable=True)
    request_id: Mapped[UUID | None] = ref("seat_request", nullable=True)
    reasons: Mapped[list[Any]] = mapped_column(Json(), default=list)
    since: Mapped[datetime]
    changed_at: Mapped[datetime]
    leaves_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
