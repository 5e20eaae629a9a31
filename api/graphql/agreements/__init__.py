"""Agreements in the graph: what was signed with whom, and every amendment since."""

from api.graphql.agreements.asking import AgreementQueries
from api.graphql.agreements.doing import AgreementMutations
from api.graphql.agreements.things import Agreement, Amendment

__all__ = ["Agreement", "AgreementMutations", "AgreementQueries", "Amendment"]
