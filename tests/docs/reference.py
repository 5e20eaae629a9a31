"""Writes docs/reference.md from the house itself: every command, setting, check, report, role, format, event and code.

`python -m tests.docs.reference` shows it; `--write` puts it in its place. A test holds that the file says the same.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from typer.main import get_command

from api.cli import app
from api.cli.exits import MEANING
from api.problems import STATUS
from api.settings import Settings
from governance.activation.rules import CLOSED, ERROR, OPENED, STEP, TOLD_BY_EVENTS, Channel
from governance.alerts.rules import POOL_USE, LadderRule
from governance.compliance.roster import describe_checks
from governance.imports import formats
from governance.imports.formats.columns import Column
from governance.metrics.definitions import definitions
from governance.reactions import IGNORED, reactions, run_verbs
from governance.runs.duties import Errand
from governance.runs.rules import RunKind
from governance.usage.rules import SEAT_USED
from policies.access.lines import read_lines
from policies.thresholds.threshold import thresholds
from reports.shelf import SHELF, Format
from reports.words import words_in

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "reference.md"
HEAD = """# Reference

What Lictor knows by name: written from the house itself by `python -m tests.docs.reference --write`, held by a test.
"""


def reference() -> str:
    """Give the whole page."""
    return "\n".join((HEAD, *(f"## {title}\n\n{body}\n" for title, body in _sections())))


def _sections() -> Iterator[tuple[str, str]]:
    yield "Commands", table(("command", "what it does", "example"), commands())
    yield "Exit codes", table(("code", "meaning"), ((str(code.value), what) for code, what in MEANING.items()))
    yield "Settings", table(("variable", "default", "what it is for"), settings())
    yield "Roles", ROLES + table(("role", "scope", "may", "may not"), roles())
    yield "Checks", table(("check", "title", "severity", "risk", "remedy"), checks())
    yield "Reports", REPORTS + table(("report", "answers", "needs the right", "CSV comes as"), shelf())
    yield "Figures", table(("figure", "class", "unit", "formula"), figures())
    for name, columns in import_formats():
        yield (
            f"Import: {name}",
            OTHERWISE.get(name, FORMATS)
            + table(("column", "must be there", "what it holds", "also known as"), columns),
        )
    yield "Runs", RUNS + table(("kind", "what it does"), runs())
    yield "Usage events", USAGE
    yield "What follows from what", EVENTS + table(("event", "what answers it"), events())
    yield "Where lines are drawn", table(("line", "default"), lines())
    yield "Codes of a no", CODES + table(("code", "HTTP status"), ((f"`{c.value}`", str(s)) for c, s in STATUS.items()))


ROLES = """A scope is `own`, `unit` (a unit and what lies below it), `region` or `tenant`. It is the widest in which a line of
the role holds; a grant may be narrower. A line that denies takes back from its own role only. `*:read` is every act of
reading. A tenant may publish lines of its own.

"""
REPORTS = """`lictor report NAME --format xlsx|csv|jsonl`; in the graph `requestReport`. All three formats hold the same rows.

"""
FORMATS = """CSV in any usual encoding and dialect, or XLSX. Capitals, spaces and marks in headers do not matter. Columns that
are not there leave what is known untouched; unknown ones are ignored and named.

"""
OTHERWISE = {"flexlm_log": "Plain text, line by line, in any usual encoding. These are the parts of a line.\n\n"}
RUNS = "Long work: a row with progress, cancel, resume, lease. A killed worker's run is finished once by another.\n\n"
USAGE = f"""`POST /v1/events` takes CloudEvents 1.0 in JSON: one (`application/cloudevents+json`) or many
(`application/cloudevents-batch+json`), each kept once by source and id. `{SEAT_USED}` says that a person used a product:
its data is `{{"person": external id or mail address, "product": code of the catalog}}`. `{STEP}` and `{ERROR}` say how far somebody is on the way there, with
`step` ({", ".join(TOLD_BY_EVENTS)}; errors at FIRST_USE too) and an error's `code`; `{OPENED}`
and `{CLOSED}` tell of calls for help with `case`, `channel` ({", ".join(Channel)}) and
the step where known. Late and out of order is as good as in order. Any other type is kept as it came and moves
nothing, unless a product's journey counts it as value."""
EVENTS = "Events are written with the change they tell of and answered later, once, by `governance/reactions.py`.\n\n"
CODES = "One list for every door: `Refusal.code` in the graph, `code` in an RFC 9457 problem, exit codes at the terminal.\n\n"

RUN_WORDS = {
    RunKind.IMPORT_PEOPLE: "Takes a table of people in, or says row by row what would happen.",
    RunKind.REPORT: "Builds a report under the asker's rights of that moment, into a file of their own.",
    RunKind.SCAN: "Runs every check and keeps what it finds; a check that crashes makes the scan incomplete.",
}
ERRAND_WORDS = {
    "PersonLeft": "Propose the reclaim of each seat of the leaver; ask for a handover of what they look after.",
    "UsageObserved": "Count the use on the person's seats; the first use makes a seat active.",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def every_command() -> Mapping[str, click.Command]:
    """Give each command that does something by its whole name, such as `lictor db check`."""
    found: dict[str, click.Command] = {}

    def walk(command: Any, name: str) -> None:
        for part, below in getattr(command, "commands", {}).items():
            walk(below, f"{name} {part}")
        if not getattr(command, "commands", None):
            found[name] = command

    walk(get_command(app), "lictor")
    return found


def commands() -> Iterator[tuple[str, ...]]:
    for name, command in every_command().items():
        first, _, rest = (command.help or "").partition("\n")
        example = re.search(r"Example: (`[^`]+`)", rest)
        yield f"`{name}`", first, example[1] if example else ""


def settings() -> Iterator[tuple[str, ...]]:
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"`LICTOR_{name.upper()}`", default, str(field.description)


def roles() -> Iterator[tuple[str, ...]]:
    said = read_lines((ROOT / "policies/access/roles.csv").read_text("utf-8").splitlines())
    for role in dict.fromkeys(line.role for line in said):
        for scope in dict.fromkeys(line.scope for line in said if line.role is role):
            mine = [line for line in said if (line.role, line.scope) == (role, scope)]
            told = {
                effect: ", ".join(f"`{line.acts}`" for line in mine if line.effect == effect)
                for effect in ("allow", "deny")
            }
            yield f"`{role.value}`", scope.value, told["allow"], told["deny"]


def checks() -> Iterator[tuple[str, ...]]:
    for check in describe_checks():
        yield f"`{check.id}`", check.title, check.severity.value, check.risk, check.remedy


def shelf() -> Iterator[tuple[str, ...]]:
    words = words_in("en")
    for report in SHELF:
        needs = ", ".join(f"`{action.value}`" for action in report.needs)
        yield f"`{report.name}`", words(report.answers), needs, report.suffix(Format.CSV)


def figures() -> Iterator[tuple[str, ...]]:
    for figure in definitions().values():
        yield f"`{figure.label}`", figure.kind, figure.unit, figure.formula


def import_formats() -> Iterator[tuple[str, Iterator[tuple[str, ...]]]]:
    """Give each format of `governance/imports/formats/` that declares columns."""
    for path in sorted(Path(formats.__file__).parent.glob("*.py")):
        columns = getattr(import_module(f"{formats.__name__}.{path.stem}"), "COLUMNS", None)
        if columns is not None:
            yield path.stem, _columns(columns)


def _columns(columns: Sequence[Column]) -> Iterator[tuple[str, ...]]:
    for column in columns:
        yield f"`{column.name}`", "yes" if column.required else "", column.meaning, ", ".join(column.synonyms)


def runs() -> Iterator[tuple[str, ...]]:
    verbs = run_verbs()
    for kind in RunKind:
        yield f"`{kind.value}`", RUN_WORDS.get(kind) or _first_line(verbs[kind].__doc__)


def events() -> Iterator[tuple[str, ...]]:
    answered = {
        name: ERRAND_WORDS.get(name)
        or " ".join(_first_line((each.verb if isinstance(each, Errand) else each).__doc__) for each in answers)
        for name, answers in reactions(None).items()  # type: ignore[arg-type]
    }
    for name in sorted(answered | dict(IGNORED)):
        yield f"`{name}`", answered[name] if name in answered else f"Nothing: {IGNORED[name]}."


def emitted() -> set[str]:
    """Name every event that the code emits, read from the calls themselves."""
    found = set()
    for path in (ROOT / "governance").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit"
            if called and node.args and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def lines() -> Iterator[tuple[str, ...]]:
    drawn = thresholds(tomllib.loads((ROOT / "policies/thresholds/defaults.toml").read_text("utf-8")))
    use, ladder = drawn.use, drawn.expiry
    before, after = (", ".join(map(str, days)) for days in (ladder.days_before, ladder.days_after))
    yield f"`{POOL_USE}`: use of a pool", f"warn {use.warn} %, high {use.high} %, critical {use.critical} %"
    yield "an alert clears", f"{use.clear_below} points below the line it crossed"
    for rule, what in ((LadderRule.EXPIRY, "last usable day"), (LadderRule.NOTICE_DEADLINE, "notice deadline")):
        yield (
            f"`{rule.value}`: {what}",
            f"{before} days before; {after} after, then every {ladder.then_every} while pending",
        )


def _first_line(text: str | None) -> str:
    return " ".join((text or "").strip().partition("\n\n")[0].split())


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(reference(), "utf-8")
    else:
        print(reference())
