"""Assignment rules in the graph."""

from api.graphql.assignment_rules.doing import AssignmentRuleMutations, AssignmentRuleQueries
from api.graphql.assignment_rules.things import AssignmentRule, AssignmentRuleMember

__all__ = ["AssignmentRule", "AssignmentRuleMember", "AssignmentRuleMutations", "AssignmentRuleQueries"]
