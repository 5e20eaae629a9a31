"""The words of telling people: by which channel, and how a delivery stands."""

from enum import StrEnum


class Channel(StrEnum):
    MAIL = "MAIL"


class DeliveryState(StrEnum):
    WAITING = "WAITING"
    SENT = "SENT"
    DEAD = "DEAD"
