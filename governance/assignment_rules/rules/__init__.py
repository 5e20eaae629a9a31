"""The rules of assignment rules. Pure."""

from governance.assignment_rules.rules.deciding import Weigh, decide, in_order
from governance.assignment_rules.rules.facts import (
    Decision,
    Held,
    Matter,
    Place,
    RuleFacts,
    Standing,
    Weighing,
)
from governance.assignment_rules.rules.words import (
    GIVES_AGAIN,
    HIGHEST,
    LOSES,
    OWN,
    RETRY_AFTER,
    SETTLE_MOST,
    UNSERVED,
    Act,
    Leaving,
    MemberState,
)

__all__ = [
    "GIVES_AGAIN",
    "HIGHEST",
    "LOSES",
    "OWN",
    "RETRY_AFTER",
    "SETTLE_MOST",
    "UNSERVED",
    "Act",
    "Decision",
    "Held",
    "Leaving",
    "Matter",
    "MemberState",
    "Place",
    "RuleFacts",
    "Standing",
    "Weigh",
    "Weighing",
    "decide",
    "in_order",
]
