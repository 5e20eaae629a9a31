"""Access tokens: whose, for which acts, until when; the secret is shown once."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from api.console.declare import (
    Action,
    Column,
    Context,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Missing,
    Note,
    Opened,
    Option,
    Outcome,
    Preview,
    Query,
    Refused,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of
from api.console.paging import read_rows
from api.console.sealing import check_sealed, sealed
from api.console.standing import names_of
from governance.directory.models import ServiceAccount, Token
from governance.directory.queries import visible_service_accounts, visible_tokens
from governance.directory.rules import token_holds
from governance.directory.service import NewToken, create_token, revoke_token
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from policies.access.actions import Action as Act

MYSELF: Final = "me"
SHOWN_ONCE: Final = "token:shown"
REVOKE: Final = Act.TOKEN_REVOKE.value


async def tokens(ctx: Context, query: Query) -> Rows:
    """Every token within reach, the newest first."""
    async with ctx.work() as work:
        order = (Order(Token.created_at, True), Order(Token.id, True))
        read = await read_rows(work, query, visible_tokens(work), order)
        names = await names_of(work, [row.person_id for row in read.page.rows])
        accounts = (await work.session.execute(visible_service_accounts(work))).scalars()
        names |= {row.id: row.name for row in accounts}
    rows = [_row(ctx, row, names) for row in read.page.rows]
    return Rows(rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("tokens.note"))


def _row(ctx: Context, row: Token, names: dict[UUID, str]) -> dict[str, Any]:
    holds = token_holds(expires_at=row.expires_at, revoked_at=row.revoked_at, now=ctx.now)
    owner = row.person_id or row.service_account_id
    state = "holds" if holds else "revoked" if row.revoked_at else "expired"
    act = Link(ctx.text("tokens.revoke"), f"/settings/tokens/{row.id}/revoke")
    return {
        "name": row.name, "prefix": f"{row.prefix}…", "owner": names.get(owner, "–") if owner else "–",
        "acts": ctx.text("tokens.every") if row.actions is None else ctx.text("tokens.acts", count=len(row.actions)),
        "expires_at": row.expires_at or Missing(ctx.text("tokens.endless")),
        "last_used_at": row.last_used_at or Missing(ctx.text("tokens.unused")),
        "status": Status(Level.OK if holds else Level.UNKNOWN, ctx.text(f"tokens.{state}")),
        "act": act if holds and ctx.may(REVOKE) and not ctx.past else None,
    }  # fmt: skip


async def owner_options(ctx: Context) -> tuple[Option, ...]:
    """Oneself, and the service accounts within reach."""
    async with ctx.work() as work:
        rows = (
            (await work.session.execute(visible_service_accounts(work).order_by(ServiceAccount.name))).scalars().all()
        )
    return (
        Option(MYSELF, text=ctx.person),
        *(Option(str(row.id), text=row.name) for row in rows if row.ended_at is None),
    )


async def act_options(ctx: Context) -> tuple[Option, ...]:
    """What the reader may do oneself: no token can do more."""
    return tuple(Option(act.value, text=act.value) for act in Act if ctx.may(act.value))


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A new token, for oneself until somebody says otherwise."""
    crumbs = ((ctx.text("shell.settings"), "/settings"), (ctx.text("settings.tokens"), "/settings/tokens"))
    return Opened(
        ctx.text("tokens.new"), {"owner": MYSELF}, ctx.text("tokens.new_text"), crumbs, cancel="/settings/tokens"
    )


async def create(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Make the token and show its secret; the second step only says that it was kept."""
    seen = {"name": values["name"]}
    if token:
        check_sealed(ctx, SHOWN_ONCE, seen, token)
        return Done("/settings/tokens", ctx.text("tokens.made", name=values["name"]))
    desk, owner = desk_of(ctx), values["owner"]
    until: datetime | None = None
    if values["expires_on"]:
        until = datetime.combine(values["expires_on"] + timedelta(days=1), time.min, tzinfo=ctx.zone)
        if until <= ctx.now:
            return Refused({"expires_on": ctx.text("tokens.to_come")})
    command = NewToken(
        values["name"],
        person_id=desk.actor.person_id if owner == MYSELF else None,
        service_account_id=None if owner == MYSELF else UUID(owner),
        actions=frozenset(Act(each) for each in values["actions"]) or None,
        expires_at=until,
    )
    _, secret = await desk.perform(lambda work: create_token(work, command))
    shown = Note(f"{values['name']}: {secret}", "key", Level.WARN)
    return Preview((shown,), sealed(ctx, SHOWN_ONCE, seen), ctx.text("tokens.kept"), ctx.text("tokens.once"))


async def _token(ctx: Context, asked: str) -> Token:
    try:
        token_id = UUID(asked)
    except ValueError:
        raise NotFound("token", asked) from None
    async with ctx.work() as work:
        query = visible_tokens(work).where(Token.id == token_id)
        row: Token | None = (await work.session.execute(query)).scalar_one_or_none()
    if row is None or row.revoked_at is not None:
        raise NotFound("token", asked)
    return row


async def opens_revoke(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A token that is still there. Raises NotFound."""
    row = await _token(ctx, ids["id"])
    return Opened(ctx.text("tokens.revoke_title", name=row.name), {}, f"{row.prefix}…", cancel="/settings/tokens")


async def revoke(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say what ends, then end it."""
    row = await _token(ctx, ids["id"])
    diff = {"token": str(row.id)}
    if not token:
        note = Note(ctx.text("tokens.revoke_text", name=row.name), "key", Level.HIGH)
        return Preview((note,), sealed(ctx, REVOKE, diff), ctx.text("tokens.revoke"))
    check_sealed(ctx, REVOKE, diff, token)
    await desk_of(ctx).perform(lambda work: revoke_token(work, row.id, values["reason"]))
    return Done("/settings/tokens", ctx.text("tokens.revoked_toast", name=row.name))


NEW: Final = Action("tokens.new", "/settings/tokens/new", "key", primary=True, action="token:create")
LIST: Final = TablePage(
    name="tokens", path="/settings/tokens", title="settings.tokens", action="token:read", nav="settings", rows=tokens,
    columns=(
        Column("name", "people.name", sub=lambda row: row["prefix"], strong=True),
        Column("owner", "tokens.owner", leaves=2),
        Column("acts", "tokens.may", leaves=3, quiet=True),
        Column("expires_at", "tokens.expires", kind="date", leaves=2),
        Column("last_used_at", "tokens.last_used", kind="date", leaves=3),
        Column("status", "table.status", kind="status"),
        Column("act", "seat.act", kind="link"),
    ),
    actions=(NEW,), empty=Empty("tokens.empty", "tokens.empty_text", "key", NEW),
)  # fmt: skip
CREATE: Final = FormPage(
    name="token-new", path="/settings/tokens/new", opens=opens, submit=create, button="tokens.make",
    action="token:create", nav="settings",
    fields=(
        Field("name", "people.name", longest=120, help="tokens.name_help"),
        Field("owner", "tokens.owner", "select", options=owner_options),
        Field("actions", "tokens.may", "select", required=False, options=act_options, multiple=True,
              help="tokens.may_help"),
        Field("expires_on", "tokens.expires", "date", required=False, help="tokens.expires_help"),
    ),
)  # fmt: skip
END: Final = FormPage(
    name="token-revoke", path="/settings/tokens/{id}/revoke", opens=opens_revoke, submit=revoke, button="form.preview",
    action="token:revoke", nav="settings", fields=(Field("reason", "seat.note_field", required=False, longest=400),),
)  # fmt: skip
PAGES: Final = (LIST, CREATE, END)
