"""How a seat is shown where its use may not be told: a used one stands as assigned, in lists, filters and files."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, literal, not_, or_

from governance.kernel.database import Word
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from governance.usage.showing import use_named_in


def use_told(work: Work) -> ColumnElement[bool]:
    """Say which seats may be told to have been used: one's own, and those of people whose use may be named."""
    return use_named_in(work, Assignment.person_id)


def shown_as(state: SeatState, *, told: bool) -> SeatState:
    """Give the state that a seat is shown in; that it was used, only where that may be told."""
    return SeatState.ASSIGNED if state is SeatState.ACTIVE and not told else state


def shown_in(
    work: Work, states: Collection[SeatState], state: SQLColumnExpression[SeatState] = Assignment.state.expression
) -> ColumnElement[bool]:
    """Say which seats are shown in one of these states, so that no filter and no count tells more than the rows."""
    wanted = state.in_([literal(each, Word(SeatState)) for each in states])
    if (SeatState.ACTIVE in states) == (SeatState.ASSIGNED in states):
        return wanted
    used_untold = and_(state == literal(SeatState.ACTIVE, Word(SeatState)), not_(use_told(work)))
    return or_(wanted, used_untold) if SeatState.ASSIGNED in states else and_(wanted, not_(used_untold))
