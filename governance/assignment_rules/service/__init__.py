"""The verbs of assignment rules."""

from governance.assignment_rules.service.defining import (
    ApplyRule,
    EndRule,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
)
from governance.assignment_rules.service.effects import Cost, Effect, Effected, RulePreview
from governance.assignment_rules.service.reconciling import Reconciled, reconcile

__all__ = [
    "ApplyRule",
    "Cost",
    "Effect",
    "Effected",
    "EndRule",
    "Reconciled",
    "RulePreview",
    "apply_rule",
    "end_rule",
    "preview_end",
    "preview_rule",
    "reconcile",
]
