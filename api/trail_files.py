"""Hands out what auditors take away from the trail: checkpoints, proofs, the public key, the stand-alone verifier."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from api.auth.caller import caller_of
from governance.audit.checkpoints import key_line, note_of
from governance.audit.proofs import as_file, checkpoint_of, newest_checkpoint, prove, verifier_text
from governance.directory.errors import SignInAgain
from governance.kernel.errors import Refused
from governance.kernel.work import Office
from policies.access.actions import Action
from policies.access.fields import FieldClass
from policies.access.parties import Actor


def trail_handlers(office: Office) -> list[HTTPRouteHandler]:
    """Give the routes of this door, for who reads the whole trail."""

    @get("/trail-files/checkpoints/{size:int}", include_in_schema=False)
    async def fetch_checkpoint(request: Request[Any, Any, Any], size: FromPath[int]) -> Response[bytes]:
        """Give a checkpoint as the file to keep elsewhere."""
        async with office.reading(_signed_in(request)) as work:
            statement = await checkpoint_of(work, size)
        return _file(note_of(statement), f"lictor-{statement.size}.checkpoint")

    @get("/trail-files/proofs/{entry_id:uuid}", include_in_schema=False)
    async def fetch_proof(request: Request[Any, Any, Any], entry_id: FromPath[UUID]) -> Response[bytes]:
        """Give the proof of an entry; it holds the entry word for word, amounts too."""
        async with office.reading(_signed_in(request), steady=True) as work:
            proof = await prove(work, entry_id)
            if not work.gate.may_read(work.actor, FieldClass.MONEY):
                raise Refused(Action.AUDIT_READ.value, "a proof, which holds amounts that your roles do not give")
        return _file(as_file(proof.to_json()), f"lictor-{proof.seq}.proof", "application/json")

    @get("/trail-files/key", include_in_schema=False)
    async def fetch_key(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give the public key of the newest checkpoint."""
        async with office.reading(_signed_in(request)) as work:
            newest = await newest_checkpoint(work)
        return _file(key_line(newest.tenant_id, newest.public_key) + "\n", "lictor.key")

    @get("/trail-files/verifier", include_in_schema=False)
    async def fetch_verifier(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give the verifier that stands alone; it holds nothing of anybody."""
        _signed_in(request)
        return _file(verifier_text(), "verify.py")

    return [fetch_checkpoint, fetch_proof, fetch_key, fetch_verifier]


def _signed_in(request: Request[Any, Any, Any]) -> Actor:
    actor = caller_of(request.scope).actor
    if actor is None:
        raise SignInAgain
    return actor


def _file(text: str, name: str, media: str = "text/plain; charset=utf-8") -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(text.encode(), media_type=media, headers=headers)
