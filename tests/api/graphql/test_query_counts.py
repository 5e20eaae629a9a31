"""No query asks the database once per row: how many statements each sample takes stands in query_counts.json.

After a change that is meant, write the file anew: LICTOR_GOLDEN=write pytest tests/api/graphql/test_query_counts.py
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.api.graphql.grown import grown

GOLDEN = Path(__file__).with_name("query_counts.json")
# One root field each: whether lists side by side share a SELECT is a matter of which answers first.
SAMPLES: dict[str, str] = {
    "viewer": "{ viewer { principal roles person { name unit { code } } tenant { name } grants { role unit { code } } } }",
    "the org tree with its people": """{ units(first: 20) { totalCount nodes { code parent { code } children(first: 10) {
        totalCount nodes { code } } people(first: 10) { totalCount nodes { name manager { name } } } } } }""",
    "people": "{ people(first: 50) { totalCount nodes { name mail unit { code parent { code } } manager { name } } } }",
    "rights": "{ roleGrants { nodes { role person { name } unit { code } } } }",
    "machines": """{ serviceAccounts(first: 5) { nodes { name unit { code } tokens(first: 5) { nodes { name } }
        grants(first: 5) { nodes { role } } } } }""",
    "the catalog": """{ products(first: 20) { totalCount nodes { name vendor { name } approval { status } tiers { name
        features { code } } entitlements(first: 5) { nodes { code } } } } }""",
    "agreements to the room of each pool": """{ agreements(first: 5) { totalCount nodes { number vendor { name }
        unit { code } owner { name } amendments(first: 5) { totalCount } entitlements(first: 5) { nodes { code
        product { name } lines { code tier { name } room { ceiling occupied }
        pools(first: 5) { totalCount nodes { code unit { code } room { ceiling occupied } } } } } } } } }""",
    "lots and allocations": """{ lots(first: 20) { totalCount nodes { quantity unitPrice { amount } line { code
        entitlement { code agreement { number } } } allocations(first: 5) { totalCount nodes { quantity
        pool { code room { ceiling } } lot { quantity } } } } } }""",
    "renewals": """{ renewals(first: 20) { totalCount nodes { lastDay state deadline followers { firstDay } gapDays
        outcomes { stage } notices { day } agreement { number } entitlement { code }
        conversations(first: 5) { totalCount nodes { day nextOwner { name } } } } } }""",
    "the activation funnel": """{ activationFunnel { ... on ActivationFunnel { seats steps { step eligible wait { days } }
        scope { units } freshness { source } definition { id } } } }""",
    "the trail": "{ auditEntries(first: 50) { totalCount nodes { act person { name } subject { id } } } }",
    "long work": "{ runs(first: 20) { totalCount nodes { kind percent person { name } } } }",
    "notices": "{ notices(first: 20) { totalCount nodes { textKey person { name } } } }",
    "usage": "{ usageEvents(first: 20) { totalCount nodes { type person { name } product { name } } } }",
    "the four ways": """{ fourWayViews(first: 50) { totalCount nodes { license { code } view { entitled assigned held used
        total differences(first: 10) { kind person { name } } } } } }""",
    "policies": "{ policyVersions(first: 5) { nodes { number drafter { name } rolledBackTo { number } } } }",
}  # fmt: skip


@contextmanager
def counted() -> Iterator[list[str]]:
    """Write down every statement that reaches a database, without those that open a transaction for a tenant."""
    said: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if not statement.startswith(("BEGIN", "SELECT set_config")):
            said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_each_sample_takes_the_statements_that_the_file_says_however_much_there_is(door):
    await grown(door.estate)
    graph = await door.as_("auditor")
    first = await _measured(graph)
    for n in range(3):
        await door.estate.license(f"more-{n}", pools={"a": 1, "b": 1, "c": 1})
        await door.estate.person(f"more-{n}")
    assert await _measured(graph) == first
    if os.environ.get("LICTOR_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(first, indent=2) + "\n", encoding="utf-8")
    assert first == json.loads(GOLDEN.read_text(encoding="utf-8"))


async def _measured(graph) -> dict[str, int]:
    await graph.ask("{ viewer { principal } }")
    found = {}
    for name, query in SAMPLES.items():
        with counted() as said:
            await graph.ask(query)
        found[name] = len(said)
    return found
