"""What a device counts for, and which releases on it a license covers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from governance.entitlements.rules import LicenseModel, VmCores

HELD_BY_DEVICES = frozenset({LicenseModel.DEVICE, LicenseModel.NODE_LOCKED, LicenseModel.CORE})
"""The models whose seats, or cores, are given to devices."""


class DeviceKind(StrEnum):
    """What a device is: somebody's own, one that they carry along, a host, or a virtual machine on one."""

    WORKSTATION = "WORKSTATION"
    PORTABLE = "PORTABLE"
    HOST = "HOST"
    VM = "VM"


class Cover(StrEnum):
    """Whether a license covers an installation: COVERED, BEYOND the end of maintenance, by nothing, or UNKNOWN."""

    COVERED = "COVERED"
    BEYOND = "BEYOND"
    UNLICENSED = "UNLICENSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Machine:
    """A device as a line counts it; `host` is the one a virtual machine runs on."""

    id: UUID
    code: str
    kind: DeviceKind
    cores: int
    host: "Machine | None" = None


@dataclass(frozen=True)
class Taken:
    """Which device takes how much of a line: a virtual machine may be counted by its host."""

    by: Machine
    quantity: int


def taken_by(machine: Machine, model: LicenseModel, least_cores: int, vm_cores: VmCores) -> Taken:
    """Give what a device takes: one seat; of a line of cores its cores, at least so many, or those of its host."""
    if model is not LicenseModel.CORE:
        return Taken(machine, 1)
    counted = machine.host if vm_cores is VmCores.HOST and machine.host is not None else machine
    return Taken(counted, max(1, counted.cores, least_cores))


@dataclass(frozen=True)
class Right:
    """A right to a product: in force today, or kept for good with maintenance until `maintained_until`."""

    in_force: bool
    maintained_until: date | None = None


def cover_of(released_on: date | None, rights: Iterable[Right]) -> Cover:
    """Say whether an installation of a release is covered: by what is in force any release, by what is kept for good
    those that came out while maintenance ran.
    """
    known = list(rights)
    if any(right.in_force for right in known):
        return Cover.COVERED
    kept = [right.maintained_until for right in known if right.maintained_until is not None]
    if not kept:
        return Cover.UNLICENSED
    if released_on is None:
        return Cover.UNKNOWN
    return Cover.COVERED if released_on <= max(kept) else Cover.BEYOND
