"""A board's review on its page: who speaks for which department, and what its quorum still lacks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.console.agenda_read import Agenda
from api.console.agenda_said import change_words, item_figure, item_href, item_title, item_why, tally_words
from api.console.context import Context
from api.console.controls import Action, Column
from api.console.objects import Claim, HasNeeds
from api.console.parts import Empty, Facts, Panel, Part, Table
from api.console.values import Link, Missing, Step
from governance.reviews.models import Board, Meeting, MeetingDay
from governance.reviews.queries import Entry
from governance.reviews.quorum import unsigned
from governance.reviews.service.sign import Bench


def voices_of(bench: Bench) -> Mapping[UUID, str]:
    """For which department each signer signed."""
    return {mark.person_id: mark.department for mark in bench.marks}


def mandate_refusal(ctx: Context, bench: Bench, person_id: UUID | None) -> HasNeeds | None:
    """Why this reader cannot speak for a department that has not signed; None where they can."""
    mine = {each.department for each in bench.speakers if each.person_id == person_id and each.in_force(ctx.now)}
    open_ones = unsigned(bench.speakers, bench.marks, ctx.now)
    needs = Claim(ctx.text("reviews.needs_member", departments=", ".join(open_ones) or "–"))
    if not mine:
        return HasNeeds(Claim(ctx.text("reviews.no_voice")), needs)
    if not mine & set(open_ones):
        return HasNeeds(Claim(ctx.text("reviews.department_signed", departments=", ".join(sorted(mine)))), needs)
    return None


def lacking_steps(ctx: Context, bench: Bench, now: datetime) -> list[Step]:
    """The departments and the chair without whom the quorum is not reached, each a step of its own."""
    lacks = bench.lacks()
    steps = [Step("todo", ctx.text("reviews.needed_department", department=name)) for name in lacks.needed]
    return [*steps, Step("todo", ctx.text("reviews.needed_chair"))] if lacks.chair else steps


def agenda_panel(ctx: Context, agenda: Agenda, acts: tuple[Action, ...]) -> Part:
    """The items in order: the frozen ones with their figures, the own ones, each with its vote and decision."""
    none = Missing(ctx.text("agenda.nothing"))

    def outcome(entry: Entry) -> Any:
        stands = agenda.standing(entry.key)
        if stands is None or stands.outcome is None:
            return Missing(ctx.text("agenda.undecided"))
        return ctx.text(f"agenda.outcome_{stands.outcome.value.lower()}")

    columns = (
        Column("item", "agenda.item", value=lambda each: item_title(ctx, each), sub=lambda each: item_why(ctx, each),
               strong=True),
        Column("why", "agenda.why", value=lambda each: item_why(ctx, each), file_only=True),
        Column("figure", "agenda.frozen", value=lambda each: item_figure(ctx, each.facts) or none, leaves=3),
        Column("change", "agenda.change", leaves=3, quiet=True,
               value=lambda each: change_words(ctx, each.facts) or none),
        Column("votes", "agenda.votes", leaves=4,
               value=lambda each: tally_words(ctx, agenda.tally(each.key, ctx.as_of or ctx.now)) or none),
        Column("outcome", "agenda.outcome", value=outcome),
    )  # fmt: skip
    empty = Empty(ctx.text("agenda.empty"), ctx.text("agenda.empty_text"), "file")
    table = Table(
        ctx.text("agenda.title"), columns, agenda.entries, bare=True, ident="agenda", empty=empty, row_href=item_href
    )  # fmt: skip
    return Panel(ctx.text("agenda.title"), (table,), actions=acts)


def board_panel(ctx: Context, met: tuple[Meeting, Board] | None, day: MeetingDay | None) -> tuple[Part, ...]:
    """Whose review it is, of which quarter, and when the board meets; nothing where it is no board's."""
    if met is None:
        return ()
    of, board = met
    rows = (
        (ctx.text("boards.board"), Link(board.name, f"/boards/{board.id}")),
        (ctx.text("boards.period"), of.period),
        (ctx.text("boards.meets"), day.day if day else Missing(ctx.text("boards.no_day"))),
        (ctx.text("boards.quorum"), ctx.text("boards.departments", count=board.quorum)),
    )
    return (Panel(ctx.text("boards.board"), (Facts(rows),)),)
