"""The roster: folder, tuple, tests and descriptions name the same checks, and every check reads as one."""

from dataclasses import replace
from pathlib import Path

from governance.compliance import checks
from governance.compliance.check import COLUMNS
from governance.compliance.facts import Facts
from governance.compliance.roster import CHECKS, describe_checks, roster_version
from governance.compliance.rules import Severity
from governance.kernel.ids import TimeOrderedIds
from tests.conftest import START

HERE = Path(__file__).parent


def test_folder_tuple_tests_and_descriptions_are_one() -> None:
    ids = [check.id for check in CHECKS]
    files = {path.stem.replace("_", "-") for path in Path(checks.__path__[0]).glob("*.py")} - {"--init--"}
    tests = {path.stem.removeprefix("test_").replace("_", "-") for path in (HERE / "checks").glob("test_*.py")}
    assert len(ids) == len(set(ids))
    assert set(ids) == files == tests == {told.id for told in describe_checks()}


def test_each_title_says_the_good_state_and_each_check_its_reasons() -> None:
    for check in CHECKS:
        assert not check.title.lower().startswith(("ensure", "check", "verify", "no "))
        assert all((check.risk, check.remedy, check.sources))
        assert check.rule_version >= 1


def test_each_check_yields_subject_place_and_what_it_has_and_needs() -> None:
    facts = Facts(TimeOrderedIds().new(), START, START)
    for check in CHECKS:
        assert set(COLUMNS) <= {column.key for column in check.violations(facts).selected_columns}


def test_the_roster_version_follows_what_is_judged() -> None:
    first, *rest = CHECKS
    assert roster_version() == roster_version(tuple(reversed(CHECKS)))
    assert roster_version((replace(first, risk="told otherwise"), *rest)) == roster_version()
    assert roster_version((replace(first, rule_version=9), *rest)) != roster_version()
    assert roster_version((replace(first, severity=Severity.LOW), *rest)) != roster_version()
