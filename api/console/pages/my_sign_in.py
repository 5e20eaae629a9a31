"""My sign-in: the second factor, where one is signed in, and what Lictor knows about oneself."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import segno
from markupsafe import Markup
from sqlalchemy import and_, select

from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Drawing,
    Empty,
    Facts,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Note,
    Opened,
    Outcome,
    Panel,
    Preview,
    Prose,
    Query,
    Status,
    Table,
)
from api.console.desk import desk_of
from api.console.sealing import check_sealed, sealed
from api.console.texts import known
from governance.directory import vouched
from governance.directory.models import Account, IdentityProvider, Session, VouchedSession
from governance.directory.service import (
    confirm_second_factor,
    end_other_sessions,
    end_session,
    new_recovery_codes,
    pending_enrollment,
    remove_second_factor,
    standing_factor,
    start_second_factor,
)
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from reports.own_data import own_data

HERE: Final = "/my-sign-in"
CODES: Final = "second-factor:codes"
OWN: Final = "seat:accept"


async def _account(work: Work) -> Account:
    query = select(Account).where(Account.tenant_id == work.tenant_id, Account.person_id == work.actor.person_id)
    row: Account | None = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("account", work.actor.principal)
    return row


async def mine(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The second factor, the sessions, and what is kept."""
    async with ctx.work() as work:
        account = await _account(work)
        factor = await standing_factor(work, account.id)
        sessions = await _sessions(ctx, work)
        kept = await own_data(work)
    enrolled = factor.confirmed_at is not None
    status = Status(
        Level.OK if enrolled else Level.UNKNOWN, ctx.text("own.factor_on" if enrolled else "own.factor_off")
    )
    said = ctx.text("own.codes_left", count=factor.codes_left) if enrolled else ctx.text("own.factor_text")
    acts = ((NEW_CODES, REMOVE) if enrolled else (START,)) if account.password_hash else ()
    facts = tuple((_named(ctx, each.table), len(each.rows)) for each in kept)
    factor_said = Prose(said if acts else ctx.text("own.by_provider"))
    about = (Prose(ctx.text("own.kept_text"), quiet=True), Facts(facts))
    return Detail(
        ctx.text("own.title"),
        parts=(
            Panel(ctx.text("own.factor"), (factor_said,), status=status, actions=acts),
            Panel(ctx.text("own.sessions"), (_table(ctx, sessions),), actions=(OTHERS,) if len(sessions) > 1 else ()),
        ),
        side=(
            Panel(ctx.text("own.kept"), about, actions=(TAKE,)),
            Panel(
                ctx.text("elevations.title"), (Prose(ctx.text("elevations.empty_text"), quiet=True),), actions=(HOURS,)
            ),
        ),
    )


def _named(ctx: Context, table: str) -> str:
    """What rows of a table are, in the reader's words; a new table has its own name until it has some."""
    key = f"own.kept_{table}"
    return ctx.text(key) if known(ctx.locale, key) else table.replace("_", " ")


async def _sessions(ctx: Context, work: Work) -> list[dict[str, Any]]:
    opened = await work.session.execute(
        vouched.own_sessions(work)
        .add_columns(IdentityProvider.name)
        .outerjoin(
            VouchedSession,
            and_(VouchedSession.tenant_id == Session.tenant_id, VouchedSession.session_id == Session.id),
        )
        .outerjoin(
            IdentityProvider,
            and_(
                IdentityProvider.tenant_id == VouchedSession.tenant_id,
                IdentityProvider.id == VouchedSession.provider_id,
            ),
        )
        .order_by(Session.last_seen_at.desc(), Session.id)
        .limit(100)
    )
    here, end, this = _here(ctx), ctx.text("own.end"), ctx.text("own.this")
    rows = []
    for row, name in opened:
        by = name or ctx.text("own.by_password")
        rows.append({
            "by": f"{by} · {this}" if row.id == here else by, "created_at": row.created_at,
            "last_seen_at": row.last_seen_at,
            "act": None if row.id == here else Link(end, f"{HERE}/sessions/{row.id}/end"),
        })  # fmt: skip
    return rows


def _table(ctx: Context, rows: list[dict[str, Any]]) -> Table:
    columns = (
        Column("by", "own.by", strong=True),
        Column("created_at", "own.since", kind="date", leaves=2),
        Column("last_seen_at", "own.last_seen", kind="date", leaves=4),
        Column("act", "seat.act", kind="link"),
    )
    return Table(ctx.text("own.sessions"), columns, rows, bare=True, empty=Empty(ctx.text("own.none"), "", "shield"))


def _here(ctx: Context) -> UUID | None:
    standing = desk_of(ctx).actor.standing
    return None if standing is None else standing.session_id


def _opens(title: str, text: str) -> Any:
    async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
        """A question with one button."""
        return Opened(ctx.text(title), parts=(Prose(ctx.text(text)),), cancel=HERE)

    return opens


async def start(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Begin to enroll an app, and lead to its picture."""

    async def verb(work: Work) -> None:
        await start_second_factor(work, (await _account(work)).id)

    await desk_of(ctx).perform(verb)
    return Done(f"{HERE}/app")


async def opens_app(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The picture that the app reads, and the secret for typing; nothing where nothing was begun."""
    async with ctx.work() as work:
        begun = await pending_enrollment(work, (await _account(work)).id)
    if begun is None:
        return None
    drawn = segno.make(begun.uri, error="m", micro=False).svg_inline(
        scale=4, svgclass="l-qr", lineclass=None, light="#fff", title=ctx.text("own.picture")
    )
    secret = " ".join(begun.secret[at : at + 4] for at in range(0, len(begun.secret), 4))
    shown = (Drawing(Markup(drawn)), Note(ctx.text("own.secret", secret=secret), "key"))  # noqa: S704 - drawn by segno
    return Opened(ctx.text("own.app"), sub=ctx.text("own.app_text"), parts=shown, cancel=HERE)


async def confirm(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take the first code and show the recovery codes, this once; the second step only says that they were kept."""
    if token:
        check_sealed(ctx, CODES, {}, token)
        return Done(HERE, ctx.text("own.factor_done"))

    async def verb(work: Work) -> tuple[str, ...]:
        return await confirm_second_factor(work, (await _account(work)).id, values["code"])

    return _codes(ctx, await desk_of(ctx).perform(verb))


async def more_codes(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Make new recovery codes and show them, this once."""
    if token:
        check_sealed(ctx, CODES, {}, token)
        return Done(HERE, ctx.text("own.codes_done"))

    async def verb(work: Work) -> tuple[str, ...]:
        return await new_recovery_codes(work, (await _account(work)).id)

    return _codes(ctx, await desk_of(ctx).perform(verb))


def _codes(ctx: Context, codes: tuple[str, ...]) -> Preview:
    shown = Facts(tuple((str(number), code) for number, code in enumerate(codes, 1)))
    return Preview((shown,), sealed(ctx, CODES, {}), ctx.text("own.codes_kept"), ctx.text("own.codes_text"))


async def remove(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take the app away."""

    async def verb(work: Work) -> None:
        await remove_second_factor(work, (await _account(work)).id)

    await desk_of(ctx).perform(verb)
    return Done(HERE, ctx.text("own.removed"))


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """One of one's own sessions. Raises NotFound."""
    async with ctx.work() as work:
        found = vouched.own_sessions(work).where(Session.id == _id(ids["id"]))
        if (await work.session.execute(found)).first() is None:
            raise NotFound("session", ids["id"])
    return Opened(ctx.text("own.end_title"), parts=(Prose(ctx.text("own.end_text")),), cancel=HERE)


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """End one session."""
    await desk_of(ctx).perform(lambda work: end_session(work, _id(ids["id"])))
    return Done(HERE, ctx.text("own.ended"))


async def end_others(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Sign out everywhere but here."""
    count = await desk_of(ctx).perform(lambda work: end_other_sessions(work, _here(ctx)))
    return Done(HERE, ctx.text("own.others_ended", count=count))


def _id(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("session", asked) from None


def _form(name: str, path: str, opens: Any, submit: Any, button: str, *fields: Field) -> FormPage:
    return FormPage(
        name=f"my-sign-in-{name}", path=f"{HERE}/{path}", fields=fields, opens=opens, submit=submit, button=button,
        action=OWN, nav="my-licenses",
    )  # fmt: skip


START: Final = Action("own.enroll", f"{HERE}/app/start", "key", primary=True, action=OWN)
NEW_CODES: Final = Action("own.new_codes", f"{HERE}/codes", "refresh", action=OWN)
REMOVE: Final = Action("own.remove", f"{HERE}/app/remove", "trash", action=OWN)
OTHERS: Final = Action("own.end_others", f"{HERE}/others/end", "sign-out", action=OWN)
HOURS: Final = Action("elevations.ask", "/elevations", "key", changes=False, action="access:request")
TAKE: Final = Action("own.take", f"{HERE}/data.json", "download", changes=False, action=OWN)
PAGES: Final = (
    DetailPage(name="my-sign-in", path=HERE, gather=mine, action=OWN, nav="my-licenses"),
    _form("start", "app/start", _opens("own.enroll", "own.enroll_text"), start, "own.begin"),
    _form("app", "app", opens_app, confirm, "own.confirm", Field("code", "own.code", longest=10)),
    _form("codes", "codes", _opens("own.new_codes", "own.new_codes_text"), more_codes, "own.new_codes"),
    _form("remove", "app/remove", _opens("own.remove", "own.remove_text"), remove, "own.remove"),
    _form("end", "sessions/{id}/end", opens_end, end, "own.end"),
    _form("end-others", "others/end", _opens("own.end_others", "own.end_others_text"), end_others, "own.end_others"),
)
