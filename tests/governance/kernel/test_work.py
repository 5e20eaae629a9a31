"""One transaction per verb: a refusal leaves its trace and nothing else; tenants do not see each other."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.kernel.errors import Refused
from governance.kernel.work import Change, Office, Work
from policies.access.actions import Action
from policies.access.parties import Ownership
from tests.estate import Estate


async def test_a_refusal_undoes_the_verb_and_keeps_its_entry(office: Office, estate: Estate) -> None:
    async def rename_without_right(work: Work) -> None:
        row = await work.session.get(Person, (work.tenant_id, estate.people["ada"]))
        assert row is not None
        row.name = "Changed"
        await work.session.flush()
        work.permit(Action.PERSON_EDIT, Ownership(work.tenant_id, frozenset(), frozenset(), frozenset()), "person ada")

    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), rename_without_right)
    async with office.database.read(estate.tenant_id) as session:
        person = await session.get(Person, (estate.tenant_id, estate.people["ada"]))
        assert person is not None
        assert person.name == "Ada"
        entries = (await session.execute(select(Entry))).scalars().all()
        assert [(e.act, e.after and e.after["action"]) for e in entries] == [("access:refused", "person:edit")]


async def test_what_is_recorded_cannot_be_changed_or_deleted(office: Office, estate: Estate) -> None:
    async def note(work: Work) -> None:
        await work.record(Change("person:edit", "person", estate.people["ada"], after={"name": "Ada"}))

    await office.perform(estate.actor("admin"), note)
    for statement in (update(Entry).values(act="other"), text("DELETE FROM entry")):
        with pytest.raises(DBAPIError):
            async with office.database.system_write() as session:
                await session.execute(statement)


async def test_a_trail_that_fails_stops_the_change(office: Office, estate: Estate) -> None:
    class BrokenTrail:
        async def write(self, work: Work, change: Change) -> None:
            raise OSError("disk full")

    office.trail = BrokenTrail()

    async def rename(work: Work) -> None:
        row = await work.session.get(Person, (work.tenant_id, estate.people["ada"]))
        assert row is not None
        row.name = "Changed"
        await work.record(Change("person:edit", "person", row.id, after={"name": "Changed"}))

    with pytest.raises(OSError, match="disk full"):
        await office.perform(estate.actor("admin"), rename)
    async with office.database.read(estate.tenant_id) as session:
        person = await session.get(Person, (estate.tenant_id, estate.people["ada"]))
        assert person is not None
        assert person.name == "Ada"


async def test_with_the_filter_left_out_postgresql_still_shows_one_tenant(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    async with office.database.read(other.tenant_id) as session:
        tenants = set((await session.execute(select(Person.tenant_id))).scalars())
    if office.database.kind == "postgresql":
        assert tenants == {other.tenant_id}
    else:
        assert tenants == {estate.tenant_id, other.tenant_id}
