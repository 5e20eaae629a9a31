"""How people prove who they are: second factors, codes for when those are lost, half a sign-in, and the door's pace."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import GlobalRow, TenantRow, ref


class SecondFactor(TenantRow):
    """An authenticator app of an account (RFC 6238). Its secret is kept sealed; `last_step` lets no code pass twice."""

    __tablename__ = "second_factor"
    __table_args__ = (UniqueConstraint("tenant_id", "account_id"),)

    account_id: Mapped[UUID] = ref("account", index=False)
    secret_sealed: Mapped[str] = mapped_column(String(200))
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(TenantRow):
    """One code that stands in for the app, once. Kept only as a hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("tenant_id", "account_id", "code_hash"),)

    account_id: Mapped[UUID] = ref("account", index=False)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class HalfSignIn(TenantRow):
    """A sign-in whose password was right and whose code is awaited. It is no session and opens nothing else."""

    __tablename__ = "half_sign_in"
    __table_args__ = (Index("ix_half_sign_in_secret", "secret_hash", unique=True),)

    account_id: Mapped[UUID] = ref("account")
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class DoorPace(GlobalRow):
    """Failed sign-ins from one network address, which is kept only as a keyed hash; all tenants share a door."""

    __tablename__ = "door_pace"

    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[datetime]
    resting_until: Mapped[datetime | None]
