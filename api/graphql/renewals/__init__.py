"""Renewals in the graph: what ends, how it stands, what was said and decided, and how much of it stayed."""

from api.graphql.renewals.asking import RenewalQueries
from api.graphql.renewals.doing import RenewalMutations
from api.graphql.renewals.retention import RetentionQueries

__all__ = ["RenewalMutations", "RenewalQueries", "RetentionQueries"]
