"""The words of the catalog: whether a product may be used."""

from enum import StrEnum


class ApprovalStatus(StrEnum):
    APPROVED = "APPROVED"
    RESTRICTED = "RESTRICTED"
    SUNSETTING = "SUNSETTING"
    DENIED = "DENIED"
