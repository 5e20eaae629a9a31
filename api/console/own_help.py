"""What a holder sees of their own way: the questions that wait for them, and what became of their calls for help."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.context import Context
from api.console.controls import Action, Column
from api.console.objects import Attention
from api.console.parts import Panel, Part, Table
from api.console.values import Level, Status
from governance.activation.models import SupportContact, Survey
from governance.activation.queries import own_contacts, own_surveys
from governance.catalog.models import Product
from governance.kernel.work import Work

SHOWN: Final = 20
HERE: Final = "/my-licenses"


@dataclass(frozen=True, slots=True)
class OwnContact:
    """One call for help as its caller sees it."""

    id: UUID
    product: str
    opened: date
    note: str
    status: Status


async def survey_asks(ctx: Context) -> list[Attention]:
    """The questions that wait for an answer, each with its page; nothing waits on a page of the past."""
    if ctx.past:
        return []
    async with ctx.work() as work:
        waiting = own_surveys(work).where(Survey.answered_at.is_(None)).order_by(Survey.asked_at, Survey.id)
        rows = (await work.session.execute(waiting.limit(SHOWN))).scalars().all()
        names = await product_names(work, [row.product_id for row in rows])
    return [
        Attention(
            Level.UNKNOWN, ctx.text("help.question", product=names[row.product_id]), ctx.text("help.question_text"),
            action=Action("help.answer", f"{HERE}/surveys/{row.id}", dialog=True, action="survey:answer"),
        )
        for row in rows
    ]  # fmt: skip


async def help_parts(ctx: Context) -> list[Part]:
    """The reader's own calls for help, the newest first, with what became of them."""
    async with ctx.work() as work:
        newest = own_contacts(work).order_by(SupportContact.opened_at.desc(), SupportContact.id).limit(SHOWN)
        found = (await work.session.execute(newest)).scalars().all()
        names = await product_names(work, [row.product_id for row in found])
    rows = [
        OwnContact(
            row.id, names[row.product_id], row.opened_at.astimezone(ctx.zone).date(), row.note or "",
            contact_status(ctx, row),
        )
        for row in found
    ]  # fmt: skip
    columns = (
        Column("product", "help.product", strong=True),
        Column("note", "help.note", leaves=2),
        Column("opened", "help.opened", kind="date", leaves=3),
        Column("status", "table.status", kind="status"),
    )
    title = ctx.text("help.mine")
    return [Panel(title, (Table(title, columns, rows, bare=True),))] if rows else []


def contact_status(ctx: Context, row: SupportContact) -> Status:
    """How a call for help stands: open, or closed on a day."""
    if row.closed_at is None:
        return Status(Level.WARN, ctx.text("help.open"))
    day = row.closed_at.astimezone(ctx.zone).date()
    return Status(Level.OK, ctx.text("help.closed"), ctx.text("help.closed_on", day=formats.day(ctx.locale, day)))


async def product_names(work: Work, ids: list[UUID]) -> dict[UUID, str]:
    """The names of these products."""
    query = select(Product.id, Product.name).where(
        Product.tenant_id == work.tenant_id, Product.id.in_(sorted(set(ids)))
    )
    return {row[0]: row[1] for row in await work.session.execute(query)} if ids else {}
