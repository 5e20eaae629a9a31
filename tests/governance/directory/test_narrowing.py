"""Looking at one unit: never wider than the rights behind it, and nothing of what lies beside it."""

import pytest

from governance.directory.narrowing import within_unit
from governance.kernel.work import Office
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate

OWNER = Role.LICENSE_OWNER


@pytest.mark.parametrize(
    ("held", "unit", "left"),
    [
        ("tenant", "sales", {"sales"}),
        ("halden", "sales", {"sales"}),
        ("sales", "sales", {"sales"}),
        ("sales-emea", "sales", {"sales-emea"}),
        ("finance", "sales", set()),
        ("region", "sales", set()),
        ("own", "sales", set()),
    ],
)
async def test_rights_are_cut_to_the_unit(office: Office, estate: Estate, held: str, unit: str, left: set[str]) -> None:
    grants = {
        "tenant": Grant(Role.IT_ADMIN, ScopeKind.TENANT),
        "region": Grant(OWNER, ScopeKind.REGION, region="150"),
        "own": Grant(OWNER, ScopeKind.OWN),
    }
    grant = grants.get(held) or Grant(OWNER, ScopeKind.UNIT, unit_id=estate.units[held])
    async with office.reading(estate.actor("ben", grant)) as work:
        here = await within_unit(work, estate.units[unit])
        assert {held.unit_id for held in here.actor.grants} == {estate.units[code] for code in left}
        assert {held.role for held in here.actor.grants} <= {grant.role}
        assert here.actor.principal == work.actor.principal
        assert here.session is work.session
        assert work.actor.grants == {grant}
