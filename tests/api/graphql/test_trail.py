"""The sealed trail in the graph: an entry's place, checkpoints, proofs that hold under the stand-alone verifier."""

from sqlalchemy import select

from api.graphql.engine import encode_node_id
from governance.audit import verifier
from governance.audit.models import Unsealed
from tests.api.graphql.conftest import Door, client, door  # noqa: F401 (fixtures)
from tests.governance.audit.writing import rows, seal, write

SEALED = "{ auditEntries(first: 50) { nodes { id act sealed { number hash } } } }"
CHECKPOINTS = "{ auditCheckpoints(first: 9) { totalCount nodes { id size root sealedAt note publicKey } } }"
SEALING = "{ auditSealing { waiting waitingSince last { size } } }"
PROOF = "query($e: ID!, $kept: String) { auditProof(entry: $e, kept: $kept) { number path checkpoint file } }"


async def test_an_entry_tells_its_place_once_it_is_sealed(door: Door) -> None:  # noqa: F811
    estate, graph = door.estate, await door.as_("auditor")
    await write(estate.office, estate, 3)
    assert [node["sealed"] for node in (await graph.ask(SEALED))["auditEntries"]["nodes"]].count(None) >= 3
    waiting = len(await rows(estate.office, Unsealed))
    said = (await graph.ask(SEALING))["auditSealing"]
    assert (said["last"], said["waiting"]) == (None, waiting)
    await seal(estate.office, estate)
    nodes = (await graph.ask(SEALED))["auditEntries"]["nodes"]
    assert sorted(node["sealed"]["number"] for node in nodes) == list(range(len(nodes)))
    said = (await graph.ask(SEALING))["auditSealing"]
    assert said == {"last": {"size": len(nodes)}, "waiting": 0, "waitingSince": None}


async def test_what_the_graph_proves_holds_without_it(door: Door) -> None:  # noqa: F811
    estate, graph = door.estate, await door.as_("auditor")
    await write(estate.office, estate, 5)
    await seal(estate.office, estate)
    kept = (await graph.ask(CHECKPOINTS))["auditCheckpoints"]["nodes"][0]
    await write(estate.office, estate, 5)
    await seal(estate.office, estate)
    said = (await graph.ask(CHECKPOINTS))["auditCheckpoints"]
    assert [node["size"] for node in said["nodes"]] == [kept["size"] + 5, kept["size"]]
    assert said["totalCount"] == 2
    key = verifier.read_key(kept["publicKey"])
    for node in (await graph.ask(SEALED))["auditEntries"]["nodes"]:
        proof = (await graph.ask(PROOF, e=node["id"]))["auditProof"]
        assert proof["number"] == node["sealed"]["number"]
        assert verifier.check(proof["file"], key, said["nodes"][0]["note"])
        told = (await graph.ask(PROOF, e=node["id"], kept=kept["note"]))["auditProof"]
        assert verifier.check(told["file"], key, kept["note"])


async def test_what_cannot_be_proven_says_why(door: Door) -> None:  # noqa: F811
    estate, graph = door.estate, await door.as_("auditor")
    await write(estate.office, estate, 1)
    node = (await graph.ask(SEALED))["auditEntries"]["nodes"][0]
    waits = await graph.answer(PROOF, e=node["id"])
    assert waits["errors"][0]["extensions"]["code"] == "WRONG_STATE"
    assert (await graph.ask(PROOF, e=encode_node_id("AuditEntry", estate.office.ids.new())))["auditProof"] is None
    await seal(estate.office, estate)
    spoiled = await graph.answer(PROOF, e=node["id"], kept="nonsense")
    assert spoiled["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_only_who_reads_the_whole_trail_sees_how_it_is_sealed(door: Door) -> None:  # noqa: F811
    estate, graph = door.estate, await door.as_("auditor")
    await write(estate.office, estate, 1)
    await seal(estate.office, estate)
    async with estate.office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(Unsealed))).first() is None
    node = (await graph.ask(SEALED))["auditEntries"]["nodes"][0]
    for who in ("admin", "ada"):
        other = await door.as_(who)
        assert (await other.ask(CHECKPOINTS))["auditCheckpoints"]["totalCount"] == 0
        assert (await other.ask(SEALING))["auditSealing"] is None
        assert (await other.ask(PROOF, e=node["id"]))["auditProof"] is None
