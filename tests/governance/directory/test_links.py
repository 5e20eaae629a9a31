"""A signed link speaks for one person, for one purpose, about one object, once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from governance.directory.errors import LinkSpent, SignInAgain
from governance.directory.rules import LinkPurpose
from governance.directory.service import LinkBearer, actor_of_link, make_link, use_link
from governance.kernel.clock import HandClock
from governance.kernel.errors import Refused
from governance.kernel.work import Office, Work
from policies.access.actions import Action
from policies.access.parties import Ownership
from tests.estate import Estate


async def link(office: Office, estate: Estate, subject: UUID) -> str:
    return await office.perform(
        estate.actor("admin"), lambda w: make_link(w, estate.people["ada"], LinkPurpose.ACCEPT_SEAT, subject)
    )


async def test_a_link_knows_its_holder_and_may_do_one_thing(office: Office, estate: Estate) -> None:
    subject = uuid4()
    secret = await link(office, estate, subject)
    bearer = await actor_of_link(office, secret)
    assert (bearer.person.id, bearer.subject_id, bearer.purpose) == (
        estate.people["ada"],
        subject,
        LinkPurpose.ACCEPT_SEAT,
    )
    gate = await office.gates(estate.tenant_id)
    own = Ownership(estate.tenant_id, people=frozenset({estate.people["ada"]}))
    assert gate.permits(bearer.actor, Action.SEAT_ACCEPT, own)
    assert not gate.permits(bearer.actor, Action.SEAT_REQUEST, own)
    async with office.database.system_read() as session:
        assert secret not in str((await session.execute(text("SELECT * FROM signed_link"))).all())


async def test_a_link_is_used_once_and_only_with_the_verb_it_serves(office: Office, estate: Estate) -> None:
    bearer = await actor_of_link(office, await link(office, estate, uuid4()))

    async def refused_verb(work: Work) -> None:
        await use_link(work, bearer)
        raise Refused(Action.SEAT_ACCEPT)

    async def verb(work: Work) -> None:
        await use_link(work, bearer)

    with pytest.raises(Refused):
        await office.perform(bearer.actor, refused_verb)
    await office.perform(bearer.actor, verb)
    with pytest.raises(LinkSpent):
        await office.perform(bearer.actor, verb)


async def test_a_link_too_old_or_unknown_opens_nothing(office: Office, estate: Estate, clock: HandClock) -> None:
    secret = await link(office, estate, uuid4())
    bearer: LinkBearer = await actor_of_link(office, secret)
    clock.advance(timedelta(days=14))
    with pytest.raises(LinkSpent):
        await actor_of_link(office, secret)
    with pytest.raises(LinkSpent):
        await office.perform(bearer.actor, lambda w: use_link(w, bearer))
    with pytest.raises(SignInAgain):
        await actor_of_link(office, "x")
