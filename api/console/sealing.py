"""Previews of acts that no domain seals: the token lets exactly what was shown happen, for 15 minutes."""

from collections.abc import Mapping
from typing import Any

from api.console.context import Context
from api.console.desk import desk_of
from governance.kernel.preview import check_preview, preview_token


def sealed(ctx: Context, verb: str, diff: Mapping[str, Any]) -> str:
    """The token of what a preview shows."""
    desk = desk_of(ctx)
    tenant = str(desk.actor.tenant_id)
    return preview_token(
        desk.office.secret, tenant=tenant, verb=verb, diff=_own(ctx, diff), now=desk.office.clock.now()
    )


def check_sealed(ctx: Context, verb: str, diff: Mapping[str, Any], token: str) -> None:
    """Let pass when exactly this was shown to this reader. Raises PreviewStale."""
    desk = desk_of(ctx)
    tenant, now = str(desk.actor.tenant_id), desk.office.clock.now()
    check_preview(desk.office.secret, token, tenant=tenant, verb=verb, diff=_own(ctx, diff), now=now)


def _own(ctx: Context, diff: Mapping[str, Any]) -> dict[str, Any]:
    return {"by": desk_of(ctx).actor.principal, **diff}
