"""A version of a policy as pages say it: its lines, each example with its verdict, who gains and loses what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.console.access_said import act_words, role_words
from api.console.acting import actors_of
from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Empty, Note, Part, Table
from api.console.phrases import spoken
from api.console.values import Level, Status
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.queries import grants_by_principal
from governance.rulebook.rules import PolicyKind
from governance.rulebook.service import EVERYONES, PolicyPreview
from policies.access.actions import Action as Act

OUTCOMES: Final = ("allow", "refuse")


async def difference_parts(ctx: Context, work: Work, seen: PolicyPreview) -> tuple[Part, ...]:
    """What would change: acts with how many people, then person by person; or lines with where they are drawn."""
    nothing = Empty(ctx.text("policies.nothing"), ctx.text("policies.nothing_text"), "check")
    if seen.kind is not PolicyKind.ROLES:
        rows = [{"line": one.line, "before": one.before or "–", "after": one.after or "–"} for one in seen.lines]
        return (Table(ctx.text("policies.changes"), DRAWN, rows, empty=nothing),)
    acts = [
        {"act": act_words(ctx, Act(one.action)), "code": one.action, "gain": one.gain, "lose": one.lose,
         "everyone": ctx.text("policies.and_everyone") if one.everyone else ""}
        for one in seen.acts
    ]  # fmt: skip
    names = await actors_of(ctx, work, [one.principal for one in seen.people if one.principal != EVERYONES])
    held = await grants_by_principal(work)
    people = [
        {"who": names.get(one.principal) or ctx.text("policies.everyone"),
         "roles": ", ".join(sorted({role_words(ctx, each.role) for each in held.get(one.principal, ())})),
         "gained": ", ".join(one.gained) or "–", "lost": ", ".join(one.lost) or "–"}
        for one in seen.people
    ]  # fmt: skip
    by_act = Table(ctx.text("policies.changes"), ACTS, acts, empty=nothing)
    return (by_act, Table(ctx.text("policies.people"), PEOPLE, people)) if people else (by_act,)


def failing_parts(ctx: Context, failing: Sequence[str]) -> tuple[Part, ...]:
    """Each example that does not hold, and each line without one."""
    return tuple(Note(spoken(ctx.locale, one), level=Level.HIGH) for one in failing)


def example_rows(ctx: Context, row: PolicyVersion, failing: Sequence[str]) -> list[dict[str, Any]]:
    """Every example of a ROLES policy with its verdict, those that fail first; what is missing counts as failing."""
    wrong = set(failing)
    rows = [(said in wrong, {"line": line, "example": f"{outcome} {text}"}) for line, outcome, text, said in _told(row)]
    told = {said for *_, said in _told(row)}
    rows += [(True, _parted(one)) for one in failing if one not in told]
    return [
        {**shown, "status": Status(Level.HIGH if failed else Level.OK,
                                   ctx.text("policies.fails" if failed else "policies.holds"))}
        for failed, shown in sorted(rows, key=lambda each: not each[0])
    ]  # fmt: skip


def _told(row: PolicyVersion) -> Iterator[tuple[str, str, str, str]]:
    if row.kind is PolicyKind.ROLES:
        for one in row.examples:
            for outcome in OUTCOMES:
                for text in one.get(outcome, ()):
                    yield one["line"], outcome, text, f"{one['line']}: {outcome} {text}"


def _parted(said: str) -> dict[str, str]:
    line, between, example = said.partition(": ")
    return {"line": line if between else "–", "example": example or said}


def lines_table(ctx: Context, row: PolicyVersion, shipped: Sequence[str]) -> Table:
    """The lines of a ROLES policy, each as its four words; those that Lictor does not ship are marked."""
    rows = []
    for line in row.content["lines"]:
        cells = line.split(",")
        if len(cells) == len(OF_LINES) - 1:
            role, acts, scope, effect = cells
            origin = "" if line in shipped else ctx.text("policies.own")
            rows.append({"role": role, "acts": acts, "scope": scope, "effect": effect, "origin": origin})
    return Table(ctx.text("policies.lines"), OF_LINES, rows, compact=True)


def lines_text(content: Mapping[str, Any]) -> str:
    """The lines as they can be typed again."""
    return "\n".join(content["lines"])


ACTS: Final = (
    Column("act", "access.act", sub=lambda row: row["code"], strong=True),
    Column("gain", "policies.gain", kind="number", sub=lambda row: row["everyone"]),
    Column("lose", "policies.lose", kind="number"),
)
PEOPLE: Final = (
    Column("who", "access.who", sub=lambda row: row["roles"], strong=True),
    Column("gained", "policies.gained"),
    Column("lost", "policies.lost"),
)
DRAWN: Final = (
    Column("line", "templates.path", strong=True),
    Column("before", "templates.before"),
    Column("after", "templates.after"),
)
EXAMPLES: Final = (
    Column("example", "policies.example", sub=lambda row: row["line"], strong=True),
    Column("status", "table.status", kind="status"),
)
OF_LINES: Final = (
    Column("role", "access.role", strong=True),
    Column("acts", "policies.acts"),
    Column("scope", "policies.scope", leaves=2),
    Column("effect", "policies.effect", leaves=1),
    Column("origin", "policies.origin", leaves=3, quiet=True),
)
