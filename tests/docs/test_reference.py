"""What Lictor knows by name is named in its documents: the reference says what the house says, to the letter."""

import pytest

from api.cli.exits import Exit
from api.settings import Settings
from governance.alerts.rules import POOL_USE, LadderRule
from governance.compliance.roster import CHECKS
from governance.kernel.errors import Code
from governance.reactions import IGNORED, reactions
from governance.runs.rules import RunKind
from policies.access.parties import Role
from reports.shelf import SHELF
from tests.docs.reference import FILE, ROOT, emitted, every_command, import_formats, reference

PAGE = FILE.read_text("utf-8")
NAMED = {
    "alert": [POOL_USE, *(rule.value for rule in LadderRule)],
    "check": [check.id for check in CHECKS],
    "code of a no": [code.value for code in Code],
    "command": list(every_command()),
    "event": sorted(emitted() | set(reactions(None)) | set(IGNORED)),  # type: ignore[arg-type]
    "report": [report.name for report in SHELF],
    "role": [role.value for role in Role],
    "run": [kind.value for kind in RunKind],
    "setting": [f"LICTOR_{name.upper()}" for name in Settings.model_fields],
}


def test_the_reference_says_what_the_house_says() -> None:
    assert reference() == PAGE, "write it anew: python -m tests.docs.reference --write"


@pytest.mark.parametrize("kind", NAMED)
def test_everything_with_a_name_is_named(kind: str) -> None:
    assert NAMED[kind]
    assert [name for name in NAMED[kind] if f"`{name}`" not in PAGE] == []


def test_every_exit_code_stands_in_the_reference_and_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for code in Exit:
        assert f"| {code.value} |" in PAGE
        assert f"| {code.value} |" in readme


def test_every_import_of_the_terminal_has_its_format() -> None:
    named = {name for name, _ in import_formats()}
    told = {name.rpartition(" ")[2] for name in every_command() if name.startswith("lictor import ")}
    assert told - {"report", "template", "undo"} <= {name.replace("_", "-") for name in named}
    for name in named:
        assert f"\n## Import: {name}\n" in PAGE


def test_events_that_the_code_tells_of_are_found() -> None:
    assert {"SupplyChanged", "PersonLeft", "RunEnded"} <= emitted()
