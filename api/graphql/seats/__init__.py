"""Seats in the graph: who holds what, every step of it, refusals with all reasons, and the verbs of holding."""

from api.graphql.seats.asking import SeatQueries
from api.graphql.seats.choosing import ChoiceQueries
from api.graphql.seats.devices import DeviceSeatMutations, DeviceSeatQueries
from api.graphql.seats.doing import SeatMutations, SeatPreviewQueries
from api.graphql.seats.lease_choice import LeaseChoiceMutations
from api.graphql.seats.leases import Lease, LeaseWait
from api.graphql.seats.lending import LeaseMutations, LeaseQueries
from api.graphql.seats.over import OverQueries
from api.graphql.seats.retiering import LineChangeMutations, LineChangeQueries
from api.graphql.seats.revoking import RevocationMutations, RevocationQueries
from api.graphql.seats.spilling import SpillMutations, SpillQueries
from api.graphql.seats.stepping import RetierMutations, RetierQueries
from api.graphql.seats.things import Denial, Seat, SeatStep
from api.graphql.seats.transferring import TransferMutations, TransferQueries

__all__ = [
    "ChoiceQueries",
    "Denial",
    "DeviceSeatMutations",
    "DeviceSeatQueries",
    "Lease",
    "LeaseChoiceMutations",
    "LeaseMutations",
    "LeaseQueries",
    "LeaseWait",
    "LineChangeMutations",
    "LineChangeQueries",
    "OverQueries",
    "RetierMutations",
    "RetierQueries",
    "RevocationMutations",
    "RevocationQueries",
    "Seat",
    "SeatMutations",
    "SeatPreviewQueries",
    "SeatQueries",
    "SeatStep",
    "SpillMutations",
    "SpillQueries",
    "TransferMutations",
    "TransferQueries",
]
