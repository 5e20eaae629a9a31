"""Journeys in the graph: the way of each seat, who is stuck where, calls for help, and the one question after it."""

from api.graphql.activation.asking import ActivationQueries
from api.graphql.activation.doing import ActivationMutations
from api.graphql.activation.things import (
    ActivationSurvey,
    ErrorText,
    Journey,
    ProductJourney,
    StuckSeat,
    SupportContact,
)

__all__ = [
    "ActivationMutations",
    "ActivationQueries",
    "ActivationSurvey",
    "ErrorText",
    "Journey",
    "ProductJourney",
    "StuckSeat",
    "SupportContact",
]
