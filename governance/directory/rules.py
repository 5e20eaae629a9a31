"""The words of the directory: people's standing, kinds of units and principals, and what a natural key looks like."""

from enum import StrEnum


class PersonStatus(StrEnum):
    """`ON_LEAVE` keeps seats and is excluded from reclaim; `LEFT` is a leaver."""

    ACTIVE = "ACTIVE"
    ON_LEAVE = "ON_LEAVE"
    LEFT = "LEFT"


class UnitKind(StrEnum):
    COMPANY = "COMPANY"
    DIVISION = "DIVISION"
    DEPARTMENT = "DEPARTMENT"
    COST_CENTER = "COST_CENTER"


class Department(StrEnum):
    """The functions that sit on a review board."""

    PRODUCT = "PRODUCT"
    SALES = "SALES"
    SUPPORT = "SUPPORT"
    FINANCE = "FINANCE"
    SECURITY = "SECURITY"
    IT = "IT"


class LinkPurpose(StrEnum):
    """The one thing a signed link can do."""

    ACCEPT_SEAT = "ACCEPT_SEAT"


def same_mail(address: str) -> str:
    """Give the form under which two spellings of one mail address are the same."""
    return address.strip().casefold()
