"""Imports: the file as it was uploaded (by hash), its staged rows and what would become of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.imports.rules import RowOutcome
from governance.kernel.database import Json, TenantRow, Word, ref


class Upload(TenantRow):
    """A file that was handed in; its content is kept until its import has ended. `sha256` names what it was."""

    __tablename__ = "upload"

    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class StagedRow(TenantRow):
    """One row of an import before it is merged: its values as read, where it belongs, the issues found with it.

    `id` becomes the person's id where the row brings a new one, so that managers can be told before they are there.
    """

    __tablename__ = "staged_row"
    __table_args__ = (
        Index("ix_staged_row_number", "tenant_id", "run_id", "number", unique=True),
        Index("ix_staged_row_key", "tenant_id", "run_id", "key"),
        Index("ix_staged_row_mail", "tenant_id", "run_id", "mail_key"),
    )

    run_id: Mapped[UUID] = ref("run", index=False)
    number: Mapped[int] = mapped_column(Integer)
    accepted: Mapped[bool] = mapped_column(Boolean)
    noted: Mapped[bool] = mapped_column(Boolean)
    key: Mapped[str | None] = mapped_column(String(120))
    mail_key: Mapped[str | None] = mapped_column(String(254))
    manager_key: Mapped[str | None] = mapped_column(String(120))
    unit_id: Mapped[UUID | None]
    values: Mapped[dict[str, Any]] = mapped_column(Json())
    issues: Mapped[list[Any]] = mapped_column(Json())


class ImportRow(TenantRow):
    """What became of one row of an import, kept with the change itself: the report, and the list of what to undo.

    `problems`: of a refused row each field with what it has and what it needs. `made`: what the row brought, each with
    `type`, `id` and the `version` after it. The subject is what the row is about: an agreement, a lot.
    """

    __tablename__ = "import_row"
    __table_args__ = (UniqueConstraint("tenant_id", "run_id", "number"),)

    run_id: Mapped[UUID] = ref("run", index=False)
    number: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[RowOutcome] = mapped_column(Word(RowOutcome))
    name: Mapped[str | None] = mapped_column(String(260))
    problems: Mapped[list[Any]] = mapped_column(Json())
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    version_after: Mapped[int | None] = mapped_column(Integer)
    made: Mapped[list[Any]] = mapped_column(Json())


class ImportUndone(TenantRow):
    """That an import was taken back: when, by whom, and how much of it; an import is undone once."""

    __tablename__ = "import_undone"
    __table_args__ = (UniqueConstraint("tenant_id", "run_id"), {"info": {"append_only": True}})

    run_id: Mapped[UUID] = ref("run", index=False)
    taken_back: Mapped[int] = mapped_column(Integer)
    kept: Mapped[int] = mapped_column(Integer)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
