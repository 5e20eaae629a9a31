"""Who signs for which department of a board, when that makes a quorum, and which quarter ended last."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from governance.reviews.errors import AlreadySigned, NoMandate, SeparationOfDuties
from governance.reviews.quorum import Mark, Rule, Speaker, counted, ended_quarter, mandate, missing, unsigned
from governance.reviews.rules import Seat

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RULE = Rule(3, True, ("finance",))


def speaker(department: str, seat: Seat = Seat.MEMBER, person: UUID | None = None) -> Speaker:
    return Speaker(uuid4(), person or uuid4(), department, seat, NOW - timedelta(days=90), None)


PRODUCT, SALES = speaker("product", Seat.CHAIR), speaker("sales")
SUPPORT, FINANCE, SECURITY = speaker("support"), speaker("finance"), speaker("security")
BOARD = (PRODUCT, SALES, SUPPORT, FINANCE, SECURITY)


def signed(*speakers: Speaker, at: datetime = NOW) -> list[Mark]:
    return [Mark(each.id, each.person_id, each.department, at) for each in speakers]


def signs(who: Speaker, marks: list[Mark], board=BOARD, *, department=None, prepared_by="system:boards", now=NOW):
    return mandate(
        RULE, board, marks, person_id=who.person_id, principal=f"person:{who.person_id}", prepared_by=prepared_by,
        department=department, now=now, review="r",
    )  # fmt: skip


def test_enough_departments_with_the_chair_and_the_needed_ones_are_a_quorum() -> None:
    assert missing(RULE, BOARD, signed(PRODUCT, SALES, FINANCE)).nothing


def test_a_quorum_lacks_the_chair_though_all_others_signed() -> None:
    lacks = missing(RULE, BOARD, signed(SALES, SUPPORT, FINANCE, SECURITY))
    assert (lacks.departments, lacks.needed, lacks.chair, lacks.nothing) == (0, (), True, False)


def test_a_quorum_lacks_a_needed_department_though_enough_signed() -> None:
    lacks = missing(RULE, BOARD, signed(PRODUCT, SALES, SUPPORT))
    assert lacks.needed == ("finance",)
    assert not lacks.nothing


def test_one_department_twice_counts_once() -> None:
    deputy = speaker("sales", Seat.DEPUTY)
    assert missing(RULE, (*BOARD, deputy), signed(PRODUCT, SALES, deputy)).departments == 1


def test_a_deputy_signs_where_the_member_has_not_and_not_after_them() -> None:
    deputy = speaker("sales", Seat.DEPUTY)
    board = (*BOARD, deputy)
    assert signs(deputy, [], board) == deputy
    with pytest.raises(NoMandate) as no:
        signs(deputy, signed(SALES), board)
    assert "sales signed already" in str(no.value)


def test_the_chairs_deputy_is_not_the_chair() -> None:
    deputy = speaker("product", Seat.DEPUTY)
    assert missing(RULE, (*BOARD, deputy), signed(deputy, SALES, FINANCE)).chair


def test_one_person_signs_for_one_department_though_they_speak_for_two() -> None:
    second = speaker("security", Seat.DEPUTY, SALES.person_id)
    board = (*BOARD, second)
    assert signs(SALES, [], board) == SALES
    assert signs(SALES, [], board, department="security") == second
    with pytest.raises(AlreadySigned):
        signs(SALES, signed(SALES), board, department="security")


def test_a_membership_that_ended_does_not_sign_and_its_last_instant_is_not_its_own() -> None:
    ended = replace(SALES, end=NOW)
    board = (PRODUCT, ended, FINANCE)
    with pytest.raises(NoMandate):
        signs(ended, [], board)
    assert signs(ended, [], board, now=NOW - timedelta(seconds=1)) == ended
    assert unsigned(board, [], NOW) == ("finance", "product")


def test_a_signature_after_the_membership_ended_does_not_count_and_one_before_does() -> None:
    ended = replace(SALES, end=NOW)
    board = (PRODUCT, ended, FINANCE)
    assert missing(RULE, board, signed(PRODUCT, ended, FINANCE)).departments == 1
    assert missing(RULE, board, signed(PRODUCT, ended, FINANCE, at=NOW - timedelta(days=1))).nothing
    assert counted(BOARD, signed(speaker("sales"))) == ()


def test_who_prepared_it_does_not_sign() -> None:
    with pytest.raises(SeparationOfDuties):
        signs(SALES, [], prepared_by=f"person:{SALES.person_id}")


def test_a_stranger_is_refused_and_told_who_is_missing() -> None:
    with pytest.raises(NoMandate) as no:
        signs(speaker("legal"), signed(SALES))
    assert no.value.missing == "finance; the chair; 2 of: finance, product, security, support"


@pytest.mark.parametrize(
    ("now", "zone", "start", "name", "first", "after"),
    [
        (NOW, "UTC", 1, "FY2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), "UTC", 1, "FY2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Zurich", 1, "FY2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        (datetime(2027, 1, 1, 0, 30, tzinfo=UTC), "America/New_York", 1, "FY2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        (NOW, "UTC", 4, "FY2027-Q2", date(2026, 7, 1), date(2026, 10, 1)),
        (datetime(2026, 4, 1, tzinfo=UTC), "UTC", 4, "FY2026-Q4", date(2026, 1, 1), date(2026, 4, 1)),
        (NOW, "UTC", 12, "FY2026-Q3", date(2026, 6, 1), date(2026, 9, 1)),
    ],
)  # fmt: skip
def test_the_quarter_that_ended_last(now, zone, start, name, first, after) -> None:
    told = ended_quarter(now, zone, start)
    assert (told.name, told.first, told.after) == (name, first, after)
