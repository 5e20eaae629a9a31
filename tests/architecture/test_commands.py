"""The commands of a clone: listed by `make help`, called by the gate, and none of them needs anything by hand."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
GATE = ROOT / ".ci" / "run"
PROMISED = {"help", "setup", "setup-dev", "run", "test", "check", "exam", "bench", "lock", "clean"}


def dry(target: str) -> str:
    """Give what make would run, without running it."""
    ran = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ran.stdout


def test_help_lists_every_command() -> None:
    ran = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make (\S+)", ran.stdout, flags=re.MULTILINE)) == PROMISED


def test_every_promised_command_can_be_made() -> None:
    assert all(dry(target) for target in PROMISED - {"help"})


def test_what_is_installed_is_installed_by_hash() -> None:
    installs = [line for line in MAKEFILE.splitlines() if re.search(r"pip.* install ", line)]
    assert len(installs) >= 6
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation -e ." in line for line in installs)
    assert "npm" in MAKEFILE
    assert "ci --ignore-scripts" in MAKEFILE


def test_checks_hold_lint_format_types_contracts_dependencies_and_dead_code() -> None:
    said = dry("check")
    for tool in ("ruff check .", "ruff format --check .", "mypy", "lint-imports", "deptry .", "vulture"):
        assert f"/{tool}" in said


def test_the_tests_run_on_both_databases_and_leave_only_exams_out() -> None:
    said = dry("test")
    assert "-m 'not exam'" in said
    assert "LICTOR_TEST_DATABASES" not in MAKEFILE
    assert "--deselect" not in MAKEFILE


def test_the_gate_checks_then_tests_and_never_skips() -> None:
    text = GATE.read_text("utf-8")
    assert GATE.stat().st_mode & 0o111
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[-2:] == ["make check", "make test"]
    assert "set -euo pipefail" in lines
    assert "CI=true" in text
    assert "</dev/null" in text
