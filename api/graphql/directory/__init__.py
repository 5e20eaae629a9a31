"""The directory in the graph: the org tree, people, and who may do what."""

from api.graphql.directory.access import AccessMutations, AccessQueries, RoleGrant, ServiceAccount, Token
from api.graphql.directory.groups import GroupQueries
from api.graphql.directory.identifying import IdentityMutations
from api.graphql.directory.identity import IdentityQueries
from api.graphql.directory.owners import OwnerMutations, OwnerQueries
from api.graphql.directory.people import PeopleMutations, PeopleQueries, Person
from api.graphql.directory.planned import PlannedMutations, PlannedQueries
from api.graphql.directory.reorganizing import ReorganizationMutations, ReorganizationQueries
from api.graphql.directory.units import Unit, UnitMutations, UnitQueries
from api.graphql.directory.viewer import AccessExplanation, Tenant, Viewer, ViewerQueries

__all__ = [
    "AccessExplanation",
    "AccessMutations",
    "AccessQueries",
    "GroupQueries",
    "IdentityMutations",
    "IdentityQueries",
    "OwnerMutations",
    "OwnerQueries",
    "PeopleMutations",
    "PeopleQueries",
    "Person",
    "PlannedMutations",
    "PlannedQueries",
    "ReorganizationMutations",
    "ReorganizationQueries",
    "RoleGrant",
    "ServiceAccount",
    "Tenant",
    "Token",
    "Unit",
    "UnitMutations",
    "UnitQueries",
    "Viewer",
    "ViewerQueries",
]
