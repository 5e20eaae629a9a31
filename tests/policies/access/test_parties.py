"""Actors and grants that contradict themselves do not come into being."""

from uuid import UUID

import pytest

from policies.access.actions import Action
from policies.access.errors import BadParty
from policies.access.gate import Gate
from policies.access.parties import Actor, Grant, Ownership, Reach, Role, ScopeKind

TENANT, OTHER, UNIT, ADA, BOB = (UUID(int=number) for number in range(1, 6))


@pytest.mark.parametrize(
    "principal",
    [
        "admin",
        "",
        "role:it_admin",
        str(ADA),
        "user:admin",
        "person:admin",
        f"person:{ADA}\n",
        f"Person:{ADA}",
        "system:",
    ],
)
def test_an_untyped_principal_is_nobody(principal):
    with pytest.raises(BadParty, match="a principal is person:<uuid>, service:<uuid> or system:<name>"):
        Actor(TENANT, principal, ADA)


def test_a_person_cannot_act_as_another_person():
    with pytest.raises(BadParty, match="names another person"):
        Actor(TENANT, f"person:{ADA}", BOB)


@pytest.mark.parametrize("principal", [f"person:{ADA}", f"service:{BOB}", "system:sweeper"])
def test_a_typed_principal_comes_into_being(principal):
    assert Actor(TENANT, principal, ADA).principal == principal


@pytest.mark.parametrize(
    ("scope", "unit_id", "region"),
    [
        (ScopeKind.UNIT, None, None),
        (ScopeKind.REGION, None, None),
        (ScopeKind.REGION, None, ""),
        (ScopeKind.TENANT, UNIT, None),
        (ScopeKind.OWN, None, "DE"),
        (ScopeKind.UNIT, UNIT, "DE"),
    ],
)
def test_a_grant_names_the_place_of_its_scope_and_no_other(scope, unit_id, region):
    with pytest.raises(BadParty):
        Grant(Role.AUDITOR, scope, unit_id, region)


def test_a_reach_without_a_tenant_contains_nothing():
    assert not Reach(everything=True).contains(Ownership(TENANT))
    assert Reach(everything=True, tenant_id=TENANT).contains(Ownership(TENANT))
    assert not Reach(everything=True, tenant_id=TENANT).contains(Ownership(OTHER))


def test_nobody_granted_reaches_nothing():
    actor = Actor(TENANT, f"person:{ADA}", ADA)

    assert all(Gate.from_files().reach(actor, action).is_nothing for action in Action)
