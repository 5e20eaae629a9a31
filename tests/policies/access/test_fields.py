"""The matrix of field classes is complete, closed, and says what was reviewed."""

from uuid import UUID

import pytest

from policies.access.errors import BadFieldRule
from policies.access.fields import FieldAct, FieldClass, read_matrix
from policies.access.gate import FIELDS, Gate
from policies.access.parties import Actor, Grant, Role, ScopeKind

TENANT, OTHER, ADA = (UUID(int=number) for number in range(1, 4))


def holding(*roles, tenant_id=TENANT):
    return Actor(tenant_id, f"person:{ADA}", ADA, frozenset(Grant(role, ScopeKind.OWN) for role in roles))


def test_each_class_is_decided_for_each_act():
    assert set(read_matrix(FIELDS)) == {(field_class, act) for field_class in FieldClass for act in FieldAct}


@pytest.mark.parametrize(
    ("role", "readable"),
    [
        (Role.IT_ADMIN, {"public", "money", "secret", "personal", "usage"}),
        (Role.LICENSE_OWNER, {"public", "money", "secret", "personal", "usage"}),
        (Role.AUDITOR, {"public", "money", "personal", "usage"}),
        (Role.BOARD_MEMBER, {"public", "money"}),
        (Role.FINANCE, {"public", "money"}),
        (Role.HOLDER, {"public", "personal", "usage"}),
    ],
)
def test_a_role_reads_the_classes_reviewed_for_it(role, readable):
    gate = Gate.from_files()

    assert {field_class.value for field_class in FieldClass if gate.may_read(holding(role), field_class)} == readable


def test_an_auditor_and_finance_write_nothing():
    gate = Gate.from_files()

    assert not any(gate.may_write(holding(Role.AUDITOR, Role.FINANCE), field_class) for field_class in FieldClass)


def test_what_may_be_written_may_be_read():
    matrix = read_matrix(FIELDS)

    assert all(matrix[field_class, FieldAct.WRITE] <= matrix[field_class, FieldAct.READ] for field_class in FieldClass)


def test_who_holds_no_role_reads_no_class():
    assert not any(Gate.from_files().may_read(holding(), field_class) for field_class in FieldClass)


def test_a_gate_of_one_tenant_shows_no_field_to_another():
    gate = Gate.from_lines([], tenant_id=TENANT)

    assert gate.may_read(holding(Role.AUDITOR), FieldClass.MONEY)
    assert not gate.may_read(holding(Role.AUDITOR, tenant_id=OTHER), FieldClass.MONEY)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("[USAGE]", "[HABITS]", "fields.toml.HABITS"),
        ('write = ["it_admin"]', "", "PERSONAL.write"),
        ('write = ["it_admin"]', 'write = "it_admin"', "PERSONAL.write"),
        ('write = ["it_admin"]', 'write = ["admin"]', "PERSONAL.write"),
        ('write = ["it_admin"]', 'write = ["it_admin", "it_admin"]', "PERSONAL.write"),
        ('write = ["it_admin"]', 'write = ["it_admin"]\nexport = []', "PERSONAL.export"),
        ("[PUBLIC]", "[PUBLIC", "fields.toml"),
        ("[PUBLIC]", "PUBLIC = 1\n[MORE]", "fields.toml.MORE"),
    ],
)
def test_a_broken_matrix_is_refused_by_place(old, new, where):
    with pytest.raises(BadFieldRule) as refused:
        read_matrix(FIELDS.replace(old, new, 1))
    assert refused.value.where == where


def test_a_missing_class_is_refused():
    with pytest.raises(BadFieldRule, match=r"fields.toml.USAGE: is missing"):
        read_matrix(FIELDS.split("[USAGE]")[0])
