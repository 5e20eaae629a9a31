"""Forget what nobody signs in with any more: sessions that ended, halves of sign-ins, a door's old failures."""

from sqlalchemy import delete, or_, select

from governance.directory.models import DoorPace, HalfSignIn, Session, Tenant, VouchedSession
from governance.directory.rules import ADDRESS_REST_MOST, HALVES_KEPT_FOR, IDLE_TIMEOUT, SESSIONS_KEPT_FOR
from governance.kernel.work import Office

MOST = 1_000  # of each kind and tenant in one transaction: the next sweep goes on


async def forget_sign_ins(office: Office) -> None:
    """Delete what has been over for longer than it is kept. That it was is in the trail, which stays."""
    now = office.clock.now()
    async with office.database.system_read() as session:
        tenant_ids = (await session.execute(select(Tenant.id).order_by(Tenant.id))).scalars().all()
    for tenant_id in tenant_ids:
        before = now - SESSIONS_KEPT_FOR
        over = or_(Session.ended_at < before, Session.ends_at < before, Session.last_seen_at < before - IDLE_TIMEOUT)
        old = select(Session.id).where(Session.tenant_id == tenant_id, over).order_by(Session.id).limit(MOST)
        halves = (
            select(HalfSignIn.id)
            .where(HalfSignIn.tenant_id == tenant_id, HalfSignIn.expires_at < now - HALVES_KEPT_FOR)
            .order_by(HalfSignIn.id)
            .limit(MOST)
        )
        async with office.database.read(tenant_id) as session:
            sessions = (await session.execute(old)).scalars().all()
            half = (await session.execute(halves)).scalars().all()
        if not sessions and not half:
            continue
        async with office.database.write(tenant_id) as session:
            for kind, key, ids in (
                (VouchedSession, VouchedSession.session_id, sessions),
                (Session, Session.id, sessions),
                (HalfSignIn, HalfSignIn.id, half),
            ):
                await session.execute(delete(kind).where(kind.tenant_id == tenant_id, key.in_(ids)))
    async with office.database.system_write() as session:
        await session.execute(
            delete(DoorPace).where(
                DoorPace.last_at < now - ADDRESS_REST_MOST - HALVES_KEPT_FOR,
                or_(DoorPace.resting_until.is_(None), DoorPace.resting_until < now),
            )
        )
