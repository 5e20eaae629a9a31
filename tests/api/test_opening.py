"""A process's office judges by the tenant's own published roles, from the very next opening on."""

from pathlib import Path

from api.opening import Gates, open_office
from api.settings import Settings
from governance.directory.service import raise_revision
from governance.kernel.database import Database
from governance.kernel.work import Office, Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from policies.access.actions import Action
from policies.access.parties import Ownership
from tests.estate import Estate


async def publish(office: Office, estate: Estate, lines: list[str]) -> None:
    async def verb(work: Work) -> None:
        work.session.add(
            PolicyVersion(
                tenant_id=work.tenant_id,
                id=work.new_id(),
                kind=PolicyKind.ROLES,
                number=1,
                state=VersionState.LIVE,
                content={"lines": lines},
                examples=[],
                note="",
                drafted_by="system:tests",
                drafted_at=work.now(),
            )
        )
        await raise_revision(work)

    await office.perform(estate.actor("admin"), verb)


async def test_a_published_policy_decides_at_the_next_opening(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    gates = Gates(office.database)
    admin, all_of_it = estate.actor("admin"), Ownership(estate.tenant_id)
    before = await gates(estate.tenant_id)
    assert before is gates.base
    assert before.permits(admin, Action.SEAT_ASSIGN, all_of_it)
    await publish(office, estate, ["it_admin,*:read,tenant,allow"])
    after = await gates(estate.tenant_id)
    assert not after.permits(admin, Action.SEAT_ASSIGN, all_of_it)
    assert after.permits(admin, Action.SEAT_READ, all_of_it)
    assert await gates(estate.tenant_id) is after
    assert await gates(other.tenant_id) is gates.base


async def test_an_office_opens_from_settings(database_url: str, tmp_path: Path) -> None:
    async with open_office(Settings(database_url=database_url, data_dir=tmp_path / "data")) as office:
        assert isinstance(office.database, Database)
        assert len(office.secret) >= 32
        gate = await office.gates(office.ids.new())
        assert gate.lines
