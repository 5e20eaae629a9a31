"""Reviews: what was frozen for the board, what it decided, who signed which hash; preparing, deciding, signing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_

from api.console.acting import id_of
from api.console.board_read import boards_of
from api.console.board_said import review_status
from api.console.declare import (
    Action,
    Claim,
    Column,
    Context,
    DetailPage,
    Done,
    Empty,
    Facts,
    Field,
    Filter,
    FormPage,
    HasNeeds,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Query,
    Refused,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.item_detail import voices
from api.console.paging import read_rows
from api.console.phrases import spoken
from api.console.review_detail import read_review, show, signer_refusal
from governance.directory.models import OrgUnit, Person
from governance.directory.queries import visible_people, visible_units
from governance.directory.rules import PersonStatus, same_mail
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.reviews.errors import NoMandate, SeparationOfDuties
from governance.reviews.models import Board, Decision, Review, Signature
from governance.reviews.queries import prepared_by_then, state_at, visible_reviews
from governance.reviews.rules import PROOF_MINUTES, ReviewState
from governance.reviews.service import (
    DecideReview,
    PrepareReview,
    SignReview,
    decide_review,
    prepare_review,
    sign_review,
)
from policies.access.actions import Action as Act

UNITS: Final = 500


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One review as a list shows it."""

    id: UUID
    title: str
    unit: str
    board: str
    period: str
    as_of: datetime
    prepared_at: datetime
    status: Status

    @property
    def below(self) -> str:
        """The board and its quarter, else the unit."""
        return f"{self.board} · {self.period}" if self.board else self.unit


async def reviews(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first."""
    state = query.filters.get("state", "")
    async with ctx.work() as work:
        chosen = visible_reviews(work).join(
            OrgUnit, and_(OrgUnit.tenant_id == Review.tenant_id, OrgUnit.id == Review.unit_id)
        )
        stood = state_at(ctx.as_of)
        if ctx.as_of is not None:
            chosen = chosen.where(prepared_by_then(ctx.as_of))
        chosen = chosen.add_columns(OrgUnit.name, stood)
        if state in set(ReviewState):
            chosen = chosen.where(stood == ReviewState(state))
        read = await read_rows(work, query, chosen, (Order(Review.prepared_at, True), Order(Review.id, True)))
        boards = await boards_of(work, [row.id for row, *_ in read.page.rows])
    rows = [_row(ctx, row, unit, stands, boards.get(row.id)) for row, unit, stands in read.page.rows]
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx)
    )  # fmt: skip


def _row(ctx: Context, row: Review, unit: str, state: ReviewState, of: tuple[Board, str] | None) -> ReviewRow:
    board, period = ("", "") if of is None else (of[0].name, of[1])
    return ReviewRow(
        row.id, row.title, unit, board, period, row.as_of, row.prepared_at, review_status(ctx, state)
    )  # fmt: skip


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The units one may prepare a review of, by name."""
    async with ctx.work() as work:
        query = visible_units(work, Act.REVIEW_PREPARE).order_by(OrgUnit.name, OrgUnit.id).limit(UNITS)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def prepare_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What is frozen, and for whom."""
    crumbs = ((ctx.text("reviews.title"), "/reviews"),)
    note = (Note(ctx.text("reviews.prepare_note")),)
    return Opened(ctx.text("reviews.prepare"), {"unit": ctx.scope}, "", crumbs, note, cancel="/reviews")


async def prepare(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Freeze the snapshot and lead to it."""
    if values["as_of"] is not None and values["as_of"] > ctx.now:
        return Refused({"as_of": ctx.text("reports.not_yet")})
    command = PrepareReview(values["title"], UUID(values["unit"]), values["as_of"])

    async def verb(work: Work) -> Review:
        return await prepare_review(work, command)

    row = await desk_of(ctx).perform(verb)
    return Done(f"/reviews/{row.id}", ctx.text("reviews.prepared"))


async def decide_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form of the decision, bound to the version that was read. Raises NotFound."""
    read = await read_review(ctx, id_of(ids["id"], "review"))
    here = f"/reviews/{read.row.id}"
    crumbs = ((ctx.text("reviews.title"), "/reviews"), (read.row.title, here))
    standing = {"text": read.decision.text} if read.decision else {}
    initial = {"version": str(read.row.version), **standing}
    return Opened(ctx.text("reviews.decide"), initial, read.row.title, crumbs, cancel=here)


async def decide(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record the decision upon the frozen snapshot."""
    review_id, said = id_of(ids["id"], "review"), str(values["version"])
    owner_id = None
    if values["owner"]:
        owner_id = await _person(ctx, values["owner"])
        if owner_id is None:
            return Refused({"owner": ctx.text("reviews.nobody", mail=values["owner"])})
    version = int(said) if said.isascii() and said.isdigit() else 0
    command = DecideReview(review_id, version, values["text"], owner_id, values["due_day"])

    async def verb(work: Work) -> Decision:
        return await decide_review(work, command)

    await desk_of(ctx).perform(verb)
    return Done(f"/reviews/{review_id}", ctx.text("reviews.decided"))


async def _person(ctx: Context, mail: str) -> UUID | None:
    """The one person with this mail address whom a decision may name."""
    async with ctx.work() as work:
        query = visible_people(work, Act.REVIEW_DECIDE).where(
            Person.mail_key == same_mail(mail), Person.status != PersonStatus.LEFT
        )
        found = (await work.session.execute(query.with_only_columns(Person.id).limit(2))).scalars().all()
    return found[0] if len(found) == 1 else None


async def open_departments(ctx: Context) -> tuple[Option, ...]:
    """The departments the reader speaks for that have not signed, to choose from where there are several."""
    read = await read_review(ctx, id_of(ctx.path.strip("/").split("/")[1], "review"))
    signed = set() if read.bench is None else {each.department for each in read.bench.marks}
    mine = [name for name in voices(read.bench, desk_of(ctx).actor.person_id, ctx.now) if name not in signed]
    return tuple(Option(name, text=name) for name in mine) if len(mine) > 1 else ()


async def sign_opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """What is signed: the decision and the hash that binds it to the snapshot. Raises NotFound."""
    read = await read_review(ctx, id_of(ids["id"], "review"))
    if read.decision is None or read.hash is None:
        return None
    here = f"/reviews/{read.row.id}"
    crumbs = ((ctx.text("reviews.title"), "/reviews"), (read.row.title, here))
    facts = Facts(
        (
            (ctx.text("reviews.decision"), read.decision.text),
            (ctx.text("reviews.snapshot_hash"), read.snapshot.sha256),
            (ctx.text("reviews.signed_hash"), read.hash),
        )
    )
    refusal = signer_refusal(ctx, read)
    proof = Note(ctx.text("reviews.proof", minutes=PROOF_MINUTES), "lock")
    parts = (facts, *((refusal,) if refusal else (proof,)))
    return Opened(ctx.text("reviews.sign"), {"sha256": read.hash}, read.row.title, crumbs, parts, cancel=here)


async def sign(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Sign what was shown; a proof that is too old leads through the door and back. Raises SignInAgain."""
    command = SignReview(id_of(ids["id"], "review"), values["sha256"], values["department"])

    async def verb(work: Work) -> Signature:
        return await sign_review(work, command)

    try:
        await desk_of(ctx).perform(verb)
    except (SeparationOfDuties, NoMandate) as error:
        told = signer_refusal(ctx, await read_review(ctx, command.review_id))  # stands on the form already
        needs = error.missing if isinstance(error, NoMandate) else error.needs
        parts = () if told else (HasNeeds(Claim(spoken(ctx.locale, error.has)), Claim(spoken(ctx.locale, needs))),)
        return Refused({"": ctx.text("reviews.two_hands")}, parts)
    return Done(f"/reviews/{command.review_id}", ctx.text("reviews.signed"))


LIST: Final = TablePage(
    name="reviews", path="/reviews", title="reviews.title", action="review:read", nav="reviews", rows=reviews,
    columns=(
        Column("title", "reviews.review", sub=lambda row: row.below, strong=True),
        Column("unit", "reviews.unit", file_only=True),
        Column("board", "boards.board", file_only=True),
        Column("period", "boards.period", file_only=True),
        Column("as_of", "reviews.as_of", kind="date", leaves=3),
        Column("prepared_at", "reviews.prepared_at", kind="date", leaves=1),
        Column("status", "table.status", kind="status"),
    ),
    filters=(
        Filter(
            "state", "table.status",
            (
                Option("", "licenses.any"),
                *(Option(each.value, f"reviews.state_{each.value.lower()}") for each in ReviewState),
            ),
        ),
    ),
    row_href=lambda row: f"/reviews/{row.id}",
    actions=(
        Action("reviews.prepare", "/reviews/new", "camera", primary=True, action="review:prepare", dialog=True),
        Action("boards.title", "/boards", "people", changes=False),
    ),
    empty=Empty("reviews.empty", "reviews.empty_text", "gavel"),
)  # fmt: skip
PREPARE: Final = FormPage(
    name="review-prepare", path="/reviews/new", opens=prepare_opens, submit=prepare, button="reviews.prepare",
    action="review:prepare", nav="reviews",
    fields=(
        Field("title", "reviews.title_field", longest=200, help="reviews.title_help"),
        Field("unit", "reviews.unit", "select", options=unit_options, help="reviews.unit_help"),
        Field("as_of", "reviews.as_of", "datetime", required=False, help="reports.as_of_help"),
    ),
)  # fmt: skip
DETAIL: Final = DetailPage(name="review", path="/reviews/{id}", gather=show, action="review:read", nav="reviews")
DECIDE: Final = FormPage(
    name="review-decide", path="/reviews/{id}/decide", opens=decide_opens, submit=decide, button="reviews.decide",
    action="review:decide", nav="reviews",
    fields=(
        Field("version", "findings.version", "hidden", longest=9),
        Field("text", "reviews.decision", "textarea", longest=2000, help="reviews.decision_help"),
        Field("owner", "reviews.owner", required=False, longest=254, help="reviews.owner_help"),
        Field("due_day", "reviews.due_day", "date", required=False),
    ),
)  # fmt: skip
SIGN: Final = FormPage(
    name="review-sign", path="/reviews/{id}/sign", opens=sign_opens, submit=sign, button="reviews.sign",
    action="review:sign", nav="reviews",
    fields=(
        Field("sha256", "reviews.signed_hash", "hidden", longest=64),
        Field("department", "boards.department", "select", required=False, options=open_departments,
              help="agenda.department_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, PREPARE, DETAIL, DECIDE, SIGN)
