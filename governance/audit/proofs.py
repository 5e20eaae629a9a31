"""Proofs that leave the house: that an entry is in the tree of a checkpoint, and that one tree continues another.

Whoever holds the deployment's public key and a checkpoint checks them with the stand-alone verifier, without us.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.audit import verifier
from governance.audit.checkpoints import Statement, note_of, read_note, size_of
from governance.audit.errors import BadCheckpoint, NotSealedYet
from governance.audit.models import Checkpoint, Sealed
from governance.audit.queries import entry, last_checkpoint, look_up, text_of_entry
from governance.audit.rules import consistency, inclusion, root
from governance.kernel.errors import NotFound, Refused
from governance.kernel.work import Work
from policies.access.actions import Action

PROOF, CONSISTENCY = "lictor-trail-proof/1", "lictor-trail-consistency/1"


@dataclass(frozen=True)
class Grown:
    """That the tree of `later` begins with the whole tree of `earlier`."""

    earlier: Statement
    later: Statement
    path: tuple[bytes, ...]

    def to_json(self) -> Mapping[str, Any]:
        return {
            "format": CONSISTENCY,
            "earlier": note_of(self.earlier),
            "later": note_of(self.later),
            "path": [each.hex() for each in self.path],
        }


@dataclass(frozen=True)
class Proof:
    """That the entry of this text is number `seq` in the tree of a checkpoint; `grown` from the one a reader kept."""

    text: str
    seq: int
    path: tuple[bytes, ...]
    checkpoint: Statement
    grown: Grown | None = None

    def to_json(self) -> Mapping[str, Any]:
        said = {
            "format": PROOF,
            "entry": self.text,
            "number": self.seq,
            "path": [each.hex() for each in self.path],
            "checkpoint": note_of(self.checkpoint),
        }
        return said if self.grown is None else said | {"grown": self.grown.to_json()}


def as_file(said: Mapping[str, Any]) -> str:
    """Give a proof as the file that readers keep."""
    return json.dumps(said, indent=1) + "\n"


async def prove(work: Work, entry_id: UUID, kept: Statement | None = None) -> Proof:
    """Prove an entry under the newest checkpoint, or under the one that a reader kept, where that has it already.

    Raises NotFound, NotSealedYet, BadCheckpoint where `kept` is not of this tree.
    """
    row = await entry(work, entry_id)
    seal = await work.session.get(Sealed, (work.tenant_id, entry_id))
    if seal is None:
        raise NotSealedYet(f"Entry {entry_id}")
    newest = await newest_checkpoint(work)
    grown = None if kept is None else await grow(work, kept, newest)
    within = kept if kept is not None and seal.seq < kept.size else newest
    path = await look_up(work.session, work.tenant_id, partial(inclusion, number=seal.seq, size=within.size))
    return Proof(text_of_entry(row), seal.seq, tuple(path), within, grown if within is newest else None)


async def grow(work: Work, earlier: Statement, later: Statement | None = None) -> Grown:
    """Prove that the newest tree, or that of `later`, begins with the whole of an earlier one.

    Raises NotSealedYet, BadCheckpoint where it does not: then the trail was truncated or rewritten since.
    """
    whole_trail(work)
    later = later or await newest_checkpoint(work)
    if not 0 < earlier.size <= later.size:
        raise BadCheckpoint("the kept checkpoint", f"it has {earlier.size} entries, the trail has {later.size} sealed")
    stands = await look_up(work.session, work.tenant_id, partial(root, size=earlier.size))
    if stands != earlier.root:
        raise BadCheckpoint("the kept checkpoint", f"the first {earlier.size} entries are not those it was made of")
    path = await look_up(work.session, work.tenant_id, partial(consistency, earlier=earlier.size, size=later.size))
    return Grown(earlier, later, tuple(path))


async def newest_checkpoint(work: Work) -> Statement:
    """Give the newest checkpoint of the tenant. Raises Refused, NotSealedYet."""
    whole_trail(work)
    row = await last_checkpoint(work.session, work.tenant_id)
    if row is None:
        raise NotSealedYet("The trail")
    return Statement.of(row)


async def kept_note(work: Work, note: str) -> Statement:
    """Read a checkpoint that a reader kept, signed by a key that signed here before. Raises Refused, BadCheckpoint."""
    whole_trail(work)
    mine, size = Checkpoint.tenant_id == work.tenant_id, size_of(note)
    query = select(Checkpoint.public_key).where(mine, Checkpoint.size == size)
    keys = {*(await work.session.execute(query)).scalars(), (await newest_checkpoint(work)).public_key}
    return read_note(note, "the kept checkpoint", work.tenant_id, frozenset(keys))


def whole_trail(work: Work) -> None:
    """Let pass who reads the whole trail: a checkpoint says something of all of it. Raises Refused."""
    if not work.gate.reach(work.actor, Action.AUDIT_READ).everything:
        raise Refused(Action.AUDIT_READ.value, "the trail, which lies in no unit")


def verifier_text() -> str:
    """Give the verifier that stands alone, as the file to hand out."""
    return Path(verifier.__file__).read_text(encoding="utf-8")


async def checkpoint_of(work: Work, size: int) -> Statement:
    """Give the checkpoint over so many entries. Raises Refused, NotFound."""
    whole_trail(work)
    query = select(Checkpoint).where(Checkpoint.tenant_id == work.tenant_id, Checkpoint.size == size)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("checkpoint", str(size))
    return Statement.of(row)
