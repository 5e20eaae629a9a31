"""What an identity provider says: a person's profile, value by value, and groups with their dated members."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from governance.directory.models.who import RoleGrant
from governance.directory.rules import Placing
from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned

OPEN = text('"end" IS NULL')
LIVING = text("ended_at IS NULL")


def bytewise(length: int) -> String:
    """Give a text that PostgreSQL orders as SQLite does: by code points, whatever the server's locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class PersonProfile(TenantRow):
    """What an identity provider says of a person besides what licenses need; of a withdrawn one only the id is left.

    `active` is what was said, None where it was not. `external_id` is the provider's own id and no natural key:
    a person from a table keeps theirs. `placing` says how the unit was found.
    """

    __tablename__ = "person_profile"
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id"),
        UniqueConstraint("tenant_id", "user_name_key"),
        UniqueConstraint("tenant_id", "external_id"),
    )

    person_id: Mapped[UUID] = ref("person", index=False)
    user_name: Mapped[str | None] = mapped_column(String(254))
    user_name_key: Mapped[str | None] = mapped_column(bytewise(254))
    external_id: Mapped[str | None] = mapped_column(bytewise(254))
    active: Mapped[bool | None] = mapped_column(Boolean)
    placing: Mapped[Placing] = mapped_column(Word(Placing))
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ProfileValue(TenantRow):
    """One value of a profile: `attribute` and `part` as in emails.type, `position` within a list.

    `key` is the value in the form in which it is compared: normalized, and folded unless its case counts.
    """

    __tablename__ = "profile_value"
    __table_args__ = (
        UniqueConstraint("tenant_id", "person_id", "attribute", "position", "part"),
        Index("ix_profile_value_key", "tenant_id", "attribute", "part", "key"),
    )

    person_id: Mapped[UUID] = ref("person", index=False)
    attribute: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer)
    part: Mapped[str] = mapped_column(String(40), default="")
    value: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(bytewise(400))


class Group(TenantRow, Versioned):
    """A group of people as an identity provider knows it. Its name need not be unique; an ended one has no members."""

    __tablename__ = "person_group"
    __table_args__ = (
        Index(
            "ix_person_group_external", "tenant_id", "external_id", unique=True,
            sqlite_where=LIVING, postgresql_where=LIVING,
        ),
        Index("ix_person_group_name", "tenant_id", "name_key", "id"),
    )  # fmt: skip

    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(bytewise(200))
    external_id: Mapped[str | None] = mapped_column(bytewise(254))
    source: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class GroupMember(TenantRow):
    """Who belonged to a group, from when until when (half-open)."""

    __tablename__ = "group_member"
    __table_args__ = (
        Index(
            "ix_group_member_open", "tenant_id", "group_id", "person_id", unique=True,
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_group_member_person", "tenant_id", "person_id", "group_id"),
    )  # fmt: skip

    group_id: Mapped[UUID] = ref("person_group", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class GroupGrant(TenantRow):
    """That a group holds a role: its members of an instant hold it then, each by their membership."""

    __tablename__ = "group_grant"
    __table_args__ = (UniqueConstraint("tenant_id", "grant_id"),)

    grant_id: Mapped[UUID] = ref("role_grant", index=False)
    group_id: Mapped[UUID] = ref("person_group")


RoleGrant.group_id = column_property(
    select(GroupGrant.group_id)
    .where(GroupGrant.tenant_id == RoleGrant.tenant_id, GroupGrant.grant_id == RoleGrant.id)
    .correlate_except(GroupGrant)
    .scalar_subquery(),
    expire_on_flush=False,  # whoever changes it says so; a row that is given away is not asked again
)
