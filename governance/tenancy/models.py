"""What stays of a tenant that was deleted: nothing of its own, only that it was, when, and how much went."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import GlobalRow, Json


class DeletedTenant(GlobalRow):
    """One deletion, under the id the tenant had: `rows` by table, the digest of the export, the signed certificate."""

    __tablename__ = "deleted_tenant"
    __table_args__ = ({"info": {"append_only": True, "eraser": "SELECT, INSERT"}},)

    deleted_at: Mapped[datetime]
    deleted_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400))
    export_sha256: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[dict[str, Any]] = mapped_column(Json())
    certificate: Mapped[dict[str, Any]] = mapped_column(Json())
