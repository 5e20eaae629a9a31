"""Which right a person would consume, at the terminal: as a list in words, or as one JSON object."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run
from api.cli.instants import instants_of
from api.cli.naming import called
from governance.assignment_rules.queries import UnderRule, standing_of
from governance.catalog.models import Feature, Product
from governance.directory.models import Person
from governance.directory.rules import same_mail
from governance.seats.rules import Weighed
from governance.seats.service import Explain, Explained, explain_entitlement


def explain(
    person: str, product: str, features: Sequence[str], region: str | None, as_of: str | None, known_at: str | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Explain one right; where none is held or taken, end with its own code."""

    async def command() -> tuple[Explained, tuple[UnderRule, ...]]:
        async with ground(tenant) as on, on.office.reading(on.actor, steady=True) as work:
            at, known = await instants_of(work, as_of, known_at)
            asked = Explain(
                await called(work, Person, Person.mail_key == same_mail(person), "person", person),
                await called(work, Product, Product.code == product, "product", product),
                tuple([await called(work, Feature, Feature.code == each, "feature", each) for each in features]),
                region=region,
                as_of=at,
                known_at=known,
            )
            return await explain_entitlement(work, asked), await standing_of(work, asked.person_id, asked.product_id)

    found, rules = run(command)
    told = document(found) | {"assignment_rules": [_ruled(each) for each in rules]}
    said = [*_said(found), *(f"{each.state.value}  by {each.says} since {each.since:%Y-%m-%d}" for each in rules)]
    answer(told, as_json=as_json, said="\n".join(said))
    if found.verdict.taken is None and found.verdict.held is None:
        raise SystemExit(int(Exit.REFUSED))


def document(found: Explained) -> dict[str, Any]:
    """Give the explanation as one JSON object."""
    return {
        "person": found.person.name, "product": found.product, "country": found.country,
        "as_of": found.as_of.isoformat(), "known_at": found.known_at.isoformat(),
        "rule_version": found.verdict.rule_version, "inputs_hash": found.verdict.inputs_hash,
        "candidates": [_candidate(each) for each in found.verdict.weighed],
    }  # fmt: skip


def _ruled(one: UnderRule) -> dict[str, Any]:
    return {"rule": one.code, "version": one.number, "state": one.state.value, "since": one.since.isoformat()}


def _candidate(one: Weighed) -> dict[str, Any]:
    facts = one.candidate.facts
    return {
        "ruling": one.ruling.value, "place": one.place, "behind": one.behind.value if one.behind else None,
        "pool": facts.name, "line": facts.line_code, "tier": facts.tier.code if facts.tier else None,
        "free": facts.free, "lots": list(one.right.lots) if one.right else [],
        "says": {each.value: says for each, says in one.says.items()},
        "reasons": [asdict(reason) | {"code": reason.code.value} for reason in one.reasons],
    }  # fmt: skip


def _said(found: Explained) -> list[str]:
    verdict = found.verdict
    lines = [f"{found.person.name}, {found.product}, from {found.country}, as of {found.as_of:%Y-%m-%d %H:%M} UTC"]
    for each in verdict.weighed:
        facts = each.candidate.facts
        behind = f", behind the one before by {each.behind.value}" if each.behind else ""
        lots = f", by {', '.join(each.right.lots)}" if each.right and each.right.lots else ""
        lines.append(f"{each.ruling.value}  {facts.line_code}, pool {facts.name}{lots}{behind}")
        lines += [
            f"       {reason.code}: {reason.subject} has {reason.has}; needs {reason.needs}" for reason in each.reasons
        ]
    if not verdict.weighed:
        lines.append("No pool of this product.")
    return [*lines, f"inputs {verdict.inputs_hash}, rule {verdict.rule_version}"]
