"""Every code has a status; a problem says what the error says and nothing more."""

from dataclasses import dataclass

import pytest

from api.problems import STATUS, problem_of
from governance.kernel.errors import BadInput, BusinessError, Code, NotFound, Reason, Unavailable


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(Code)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_a_business_no_becomes_a_problem_document() -> None:
    problem = problem_of(BadInput("lot.zone", "Mars", "an IANA time zone"))
    document = problem.document()
    assert (document["status"], document["code"], document["path"]) == (422, "BAD_INPUT", ["lot", "zone"])
    assert document["facts"]["has"] == "Mars"
    assert document["type"] == "urn:lictor:problem:bad-input"
    assert problem_of(NotFound("lot", "7")).status == 404


def test_what_is_busy_says_when_to_come_again() -> None:
    assert problem_of(Unavailable("The ledger", 3)).headers["Retry-After"] == "3"


def test_all_reasons_are_said() -> None:
    @dataclass(eq=False)
    class Full(BusinessError):
        code = Code.LIMIT_REACHED

        def reasons(self) -> tuple[Reason, ...]:
            return (Reason(Code.LIMIT_REACHED, "pool", "3", "4"), Reason(Code.TERRITORY, "person", "FR", "DE"))

    assert [r["code"] for r in problem_of(Full()).document()["reasons"]] == ["LIMIT_REACHED", "TERRITORY"]


def test_a_bug_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    problem = problem_of(ValueError("password=hunter2"))
    assert problem.status == 500
    assert "hunter2" not in str(problem.document())
    assert problem.correlation is not None
    assert problem.correlation in caplog.text
