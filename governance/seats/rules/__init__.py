"""The rules of holding a seat: states and the events between them, what occupies, and every reason for a no."""

from governance.seats.rules.choice import Candidate, Criterion, Matter, Need, Price, Ruling, Verdict, Weighed, choose
from governance.seats.rules.facts import HeldRight, Holder, PoolFacts, Question, Standing, TierNeed
from governance.seats.rules.giving_up import (
    DORMANT_AFTER,
    DUE_AFTER,
    GiveUp,
    HeldSince,
    Suggested,
    give_up_first,
)
from governance.seats.rules.revoking import Cap, CapRule, CapSource, MarkKind
from governance.seats.rules.stacking import Loss, covered_by, lost_with
from governance.seats.rules.states import (
    HELD,
    KEPT_FOR,
    RECLAIM_SLA,
    SAME_DENIAL,
    TABLE,
    WORDS,
    ReleaseReason,
    SeatEvent,
    SeatState,
    next_state,
    occupies,
)
from governance.seats.rules.why import no_room, reasons

__all__ = [
    "DORMANT_AFTER",
    "DUE_AFTER",
    "HELD",
    "KEPT_FOR",
    "RECLAIM_SLA",
    "SAME_DENIAL",
    "TABLE",
    "WORDS",
    "Candidate",
    "Cap",
    "CapRule",
    "CapSource",
    "Criterion",
    "GiveUp",
    "HeldRight",
    "HeldSince",
    "Holder",
    "Loss",
    "MarkKind",
    "Matter",
    "Need",
    "PoolFacts",
    "Price",
    "Question",
    "ReleaseReason",
    "Ruling",
    "SeatEvent",
    "SeatState",
    "Standing",
    "Suggested",
    "TierNeed",
    "Verdict",
    "Weighed",
    "choose",
    "covered_by",
    "give_up_first",
    "lost_with",
    "next_state",
    "no_room",
    "occupies",
    "reasons",
]
