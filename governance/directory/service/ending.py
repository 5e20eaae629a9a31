"""Ending sessions: one of one's own, or every other one at once."""

from uuid import UUID

from sqlalchemy import select

from governance.directory import vouched
from governance.directory.models import Account, Session
from governance.directory.service.accounts import end_sessions
from governance.directory.service.grants import raise_revision
from governance.kernel.errors import NotFound
from governance.kernel.work import Change, Work


async def end_session(work: Work, session_id: UUID) -> Session:
    """End one of one's own sessions; its cookie opens nothing from this commit on. Raises NotFound."""
    query = vouched.own_sessions(work).where(Session.id == session_id).with_for_update(key_share=True, of=Session)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("session", str(session_id))
    row.ended_at = work.now()
    await work.session.flush()
    await raise_revision(work)
    await work.record(Change("session:end", "account", row.account_id, after={"session_id": row.id}))
    return row


async def end_other_sessions(work: Work, keep: UUID | None) -> int:
    """Sign out everywhere: end each of one's own sessions but `keep`; tells how many. Raises NotFound for a machine."""
    query = select(Account).where(Account.tenant_id == work.tenant_id, Account.person_id == work.actor.person_id)
    account = (await work.session.execute(query)).scalar_one_or_none()
    if account is None:
        raise NotFound("account", str(work.actor.person_id))
    standing = (await work.session.execute(vouched.own_sessions(work))).scalars().all()
    ended = [row.id for row in standing if row.id != keep]
    await end_sessions(work, account.id, keep=keep)
    about = {"sessions": len(ended), "kept": keep}
    await work.record(Change("session:end_others", "account", account.id, after=about))
    return len(ended)
