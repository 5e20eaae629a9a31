"""The records of the directory: who is who, and how they come in."""

from governance.directory.models.elevating import Elevation
from governance.directory.models.owned import OwnedPlacement, PassedOn, taken_over
from governance.directory.models.proofs import DoorPace, HalfSignIn, RecoveryCode, SecondFactor
from governance.directory.models.providers import (
    ExternalIdentity,
    GroupMapping,
    IdentityProvider,
    MappedGrant,
    SpentProof,
    VouchedSession,
)
from governance.directory.models.provisioned import Group, GroupGrant, GroupMember, PersonProfile, ProfileValue
from governance.directory.models.who import (
    Account,
    OrgUnit,
    Person,
    PersonPlacement,
    PolicyRevision,
    RoleGrant,
    ServiceAccount,
    Session,
    SignedLink,
    Tenant,
    Token,
    UnitClosure,
    UnitPlacement,
)

__all__ = [
    "Account",
    "DoorPace",
    "Elevation",
    "ExternalIdentity",
    "Group",
    "GroupGrant",
    "GroupMapping",
    "GroupMember",
    "HalfSignIn",
    "IdentityProvider",
    "MappedGrant",
    "OrgUnit",
    "OwnedPlacement",
    "PassedOn",
    "Person",
    "PersonPlacement",
    "PersonProfile",
    "PolicyRevision",
    "ProfileValue",
    "RecoveryCode",
    "RoleGrant",
    "SecondFactor",
    "ServiceAccount",
    "Session",
    "SignedLink",
    "SpentProof",
    "Tenant",
    "Token",
    "UnitClosure",
    "UnitPlacement",
    "VouchedSession",
    "taken_over",
]
