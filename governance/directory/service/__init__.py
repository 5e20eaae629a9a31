"""What can be done in the directory: tenants, units, people, roles, accounts, sessions, tokens and links."""

from governance.directory.service.accounts import ChangePassword, NewAccount, change_password, create_account
from governance.directory.service.actors import actor_of_token, operator
from governance.directory.service.coming_in import finish_sign_in
from governance.directory.service.grants import NewGrant, end_grant, grant_role, raise_revision
from governance.directory.service.links import LinkBearer, actor_of_link, make_link, use_link
from governance.directory.service.pace import check_pace, count_failure
from governance.directory.service.people import PersonFacts, end_access, mark_left, upsert_person
from governance.directory.service.rights import TodaysRights
from governance.directory.service.second_factor import (
    Enrollment,
    Factor,
    confirm_second_factor,
    new_recovery_codes,
    pending_enrollment,
    remove_second_factor,
    reset_second_factor,
    standing_factor,
    start_second_factor,
)
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
    "Enrollment",
    "Factor",
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
    "TodaysRights",
    "actor_of_link",
    "actor_of_session",
    "actor_of_token",
    "add_unit",
    "change_password",
    "check_pace",
    "confirm_second_factor",
    "count_failure",
    "create_account",
    "create_service_account",
    "create_tenant",
    "create_token",
    "end_access",
    "end_grant",
    "end_unit",
    "finish_sign_in",
    "grant_role",
    "make_link",
    "mark_left",
    "move_unit",
    "new_recovery_codes",
    "operator",
    "pending_enrollment",
    "prove_again",
    "raise_revision",
    "remove_second_factor",
    "reset_second_factor",
    "revoke_token",
    "sign_in",
    "sign_out",
    "standing_factor",
    "start_second_factor",
    "upsert_person",
    "use_link",
]
