"""Revocation caps at the terminal, done: how a line stands, another percentage, more seats until the term ends."""

from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run
from api.cli.naming import line_called
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.seats.revocations import revocation_cap
from governance.seats.rules import Cap, CapRule
from governance.seats.service import RaiseCap, SetCap, raise_revocation_cap, set_revocation_cap

SAID = {"LINE": "set for the line", "TENANT": "set for every line", "DEFAULT": "unless somebody sets it"}


def show_cap(line: str, tenant: str | None, *, as_json: bool) -> None:
    """Tell how a line stands; where no seat is left, end with its own code."""

    async def command() -> Cap:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            return await revocation_cap(work, (await line_called(work, line)).id)

    found = run(command)
    _tell(line, found, as_json=as_json)
    if found.left == 0:
        raise SystemExit(int(Exit.REFUSED))


def raise_one(line: str, seats: int, reason: str, tenant: str | None, *, as_json: bool) -> None:
    """Raise the cap of a line, and tell how it stands then."""

    async def verb(work: Work) -> Cap:
        return await raise_revocation_cap(work, RaiseCap((await line_called(work, line)).id, seats, reason))

    async def command() -> Cap:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    _tell(line, run(command), as_json=as_json)


def set_one(
    line: str | None, percent: str | None, reason: str, tenant: str | None, *, unset: bool, as_json: bool
) -> None:  # fmt: skip
    """Set the percentage of a line, or of every line that says nothing itself."""

    async def verb(work: Work) -> CapRule:
        if (percent is None) is not unset:
            raise BadInput("percent", percent or "nothing", "a percentage such as 7.5, or --unset without one")
        line_id = None if line is None else (await line_called(work, line)).id
        return await set_revocation_cap(work, SetCap(reason, line_id, percent))

    async def command() -> CapRule:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    rule = run(command)
    value = {"line": line, **_rule(rule)}
    said = f"{line or 'Every line that says nothing itself'}: {value['percent']} %, {SAID[rule.source]}."
    answer(value, as_json=as_json, said=said)


def _rule(rule: CapRule) -> dict[str, Any]:
    return {"percent": f"{rule.percent.normalize():f}", "source": rule.source.value}


def _tell(line: str, cap: Cap, *, as_json: bool) -> None:
    value = {
        "line": line, **_rule(cap.rule), "most": cap.most, "raised": cap.raised, "used": cap.used, "left": cap.left,
        "began_at": cap.began_at, "opens_at": cap.opens_at, "rests_until": cap.rests_until,
    }  # fmt: skip
    most = "without limit" if cap.most is None else f"of {cap.most:,} that may be"
    said = f"{line}: {cap.used:,} taken in this term {most} ({value['percent']} %, {SAID[cap.rule.source]})"
    said += f", {cap.raised:,} of them raised" if cap.raised else ""
    said += f"; a new term begins {cap.opens_at:%Y-%m-%d}" if cap.opens_at else ""
    said += f"; no call may take several before {cap.rests_until:%Y-%m-%d %H:%M} UTC" if cap.rests_until else ""
    answer(value, as_json=as_json, said=f"{said}.")
