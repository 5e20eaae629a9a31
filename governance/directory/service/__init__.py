"""What can be done in the directory: tenants, units, people, roles, accounts, sessions, tokens and links."""

from governance.directory.service.accounts import ChangePassword, NewAccount, change_password, create_account
from governance.directory.service.actors import actor_of_token, operator
from governance.directory.service.grants import NewGrant, end_grant, grant_role, raise_revision
from governance.directory.service.links import LinkBearer, actor_of_link, make_link, use_link
from governance.directory.service.people import PersonFacts, end_access, mark_left, upsert_person
from governance.directory.service.sessions import SignedIn, actor_of_session, prove_again, sign_in, sign_out
from governance.directory.service.tenants import NewTenant, TenantCreated, create_tenant
from governance.directory.service.tokens import (
    NewServiceAccount,
    NewToken,
    create_service_account,
    create_token,
    revoke_token,
)
from governance.directory.service.units import EndUnit, MoveUnit, NewUnit, add_unit, end_unit, move_unit

__all__ = [
    "ChangePassword",
    "EndUnit",
    "LinkBearer",
    "MoveUnit",
    "NewAccount",
    "NewGrant",
    "NewServiceAccount",
    "NewTenant",
    "NewToken",
    "NewUnit",
    "PersonFacts",
    "SignedIn",
    "TenantCreated",
    "actor_of_link",
    "actor_of_session",
    "actor_of_token",
    "add_unit",
    "change_password",
    "create_account",
    "create_service_account",
    "create_tenant",
    "create_token",
    "end_access",
    "end_grant",
    "end_unit",
    "grant_role",
    "make_link",
    "mark_left",
    "move_unit",
    "operator",
    "prove_again",
    "raise_revision",
    "revoke_token",
    "sign_in",
    "sign_out",
    "upsert_person",
    "use_link",
]
