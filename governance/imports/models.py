"""Imports: the file as it was uploaded (by hash), its staged rows and what would become of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, ref


class Upload(TenantRow):
    """A file that was handed in, kept until its import has ended. `sha256` names its content."""

    __tablename__ = "upload"

    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class StagedRow(TenantRow):
    """One row of an import before it is merged: its values as read, and the issues found with it."""

    __tablename__ = "staged_row"
    __table_args__ = (Index("ix_staged_row_number", "tenant_id", "run_id", "number", unique=True),)

    run_id: Mapped[UUID] = ref("run", index=False)
    number: Mapped[int] = mapped_column(Integer)
    values: Mapped[dict[str, Any]] = mapped_column(Json())
    issues: Mapped[list[Any]] = mapped_column(Json())
