"""What can be done in the directory: tenants, units, people, roles, accounts, sessions, tokens and links."""

from governance.directory.service.accounts import ChangePassword, NewAccount, change_password, create_account
from governance.directory.service.actors import actor_of_token, operator
from governance.directory.service.arriving import (
    Vouched,
    arrive,
    end_vouched_sessions,
    note_refusal,
    prove_by,
    spend_proof,
)
from governance.directory.service.coming_in import finish_sign_in
from governance.directory.service.ending import (
    end_other_sessions,
    end_session,
)
from governance.directory.service.grants import NewGrant, end_grant, grant_role, raise_revision
from governance.directory.service.links import LinkBearer, actor_of_link, make_link, use_link
from governance.directory.service.pace import check_pace, count_failure
from governance.directory.service.people import PersonFacts, end_access, mark_left, upsert_person
from governance.directory.service.providers import (
    ChangeProvider,
    NewIdentity,
    NewMapping,
    NewProvider,
    add_provider,
    change_provider,
    end_mapping,
    end_provider,
    link_identity,
    map_group,
    unlink_identity,
)
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
    "ChangeProvider",
    "EndUnit",
    "Enrollment",
    "Factor",
    "LinkBearer",
    "MoveUnit",
    "NewAccount",
    "NewGrant",
    "NewIdentity",
    "NewMapping",
    "NewProvider",
    "NewServiceAccount",
    "NewTenant",
    "NewToken",
    "NewUnit",
    "PersonFacts",
    "SignedIn",
    "TenantCreated",
    "TodaysRights",
    "Vouched",
    "actor_of_link",
    "actor_of_session",
    "actor_of_token",
    "add_provider",
    "add_unit",
    "arrive",
    "change_password",
    "change_provider",
    "check_pace",
    "confirm_second_factor",
    "count_failure",
    "create_account",
    "create_service_account",
    "create_tenant",
    "create_token",
    "end_access",
    "end_grant",
    "end_mapping",
    "end_other_sessions",
    "end_provider",
    "end_session",
    "end_unit",
    "end_vouched_sessions",
    "finish_sign_in",
    "grant_role",
    "link_identity",
    "make_link",
    "map_group",
    "mark_left",
    "move_unit",
    "new_recovery_codes",
    "note_refusal",
    "operator",
    "pending_enrollment",
    "prove_again",
    "prove_by",
    "raise_revision",
    "remove_second_factor",
    "reset_second_factor",
    "revoke_token",
    "sign_in",
    "sign_out",
    "spend_proof",
    "standing_factor",
    "start_second_factor",
    "unlink_identity",
    "upsert_person",
    "use_link",
]
