"""Every act that somebody may try in Lictor, as resource:verb, in one sorted list.

An act that is not here cannot be granted, tried or put into a token. Reading acts are named `read`; everything else
changes something, reveals a secret or widens what an answer covers.
"""

# ruff: noqa: S105 - "token:create" names an act, no password

from enum import StrEnum


class Action(StrEnum):
    __hash__ = str.__hash__  # an enum's own is many times slower, and every question looks its act up

    ACCESS_EXPLAIN = "access:explain"
    ACCESS_GRANT = "access:grant"
    ACCESS_READ = "access:read"
    ACCESS_REQUEST = "access:request"
    AGREEMENT_AMEND = "agreement:amend"
    AGREEMENT_CREATE = "agreement:create"
    AGREEMENT_READ = "agreement:read"
    ALERT_ACKNOWLEDGE = "alert:acknowledge"
    ALERT_READ = "alert:read"
    AUDIT_READ = "audit:read"
    CATALOG_EDIT = "catalog:edit"
    CATALOG_READ = "catalog:read"
    ENTITLEMENT_CORRECT = "entitlement:correct"
    ENTITLEMENT_CREATE = "entitlement:create"
    ENTITLEMENT_READ = "entitlement:read"
    EVENT_INGEST = "event:ingest"
    FINDING_ACKNOWLEDGE = "finding:acknowledge"
    FINDING_READ = "finding:read"
    FINDING_WAIVE = "finding:waive"
    GROUP_READ = "group:read"
    IDENTITY_EDIT = "identity:edit"
    IDENTITY_READ = "identity:read"
    IMPORT_READ = "import:read"
    IMPORT_RUN = "import:run"
    IMPORT_UNDO = "import:undo"
    JOURNEY_ASSIST = "journey:assist"
    JOURNEY_EDIT = "journey:edit"
    KEY_REVEAL = "key:reveal"
    LOT_CORRECT = "lot:correct"
    LOT_CREATE = "lot:create"
    METRIC_READ = "metric:read"
    NOTICE_READ = "notice:read"
    PERSON_EDIT = "person:edit"
    PERSON_IMPORT = "person:import"
    PERSON_PROVISION = "person:provision"
    PERSON_READ = "person:read"
    POLICY_DRAFT = "policy:draft"
    POLICY_PUBLISH = "policy:publish"
    POLICY_READ = "policy:read"
    POLICY_ROLLBACK = "policy:rollback"
    POOL_ALLOCATE = "pool:allocate"
    POOL_CREATE = "pool:create"
    POOL_READ = "pool:read"
    POSITION_READ = "position:read"
    RENEWAL_DECIDE = "renewal:decide"
    RENEWAL_NOTE = "renewal:note"
    RENEWAL_READ = "renewal:read"
    REPORT_READ = "report:read"
    REPORT_REQUEST = "report:request"
    REVIEW_ACT = "review:act"
    REVIEW_DECIDE = "review:decide"
    REVIEW_NOTE = "review:note"
    REVIEW_PREPARE = "review:prepare"
    REVIEW_READ = "review:read"
    REVIEW_SIGN = "review:sign"
    REVIEW_VOTE = "review:vote"
    RUN_CANCEL = "run:cancel"
    RUN_READ = "run:read"
    SCAN_RUN = "scan:run"
    SCHEMA_INTROSPECT = "schema:introspect"
    SEAT_ACCEPT = "seat:accept"
    SEAT_ASSIGN = "seat:assign"
    SEAT_FULFILL = "seat:fulfill"
    SEAT_INVITE = "seat:invite"
    SEAT_LEASE = "seat:lease"
    SEAT_READ = "seat:read"
    SEAT_RECLAIM = "seat:reclaim"
    SEAT_RELEASE = "seat:release"
    SEAT_REQUEST = "seat:request"
    SEAT_SUSPEND = "seat:suspend"
    SEAT_TRANSFER = "seat:transfer"
    SETTINGS_EDIT = "settings:edit"
    SETTINGS_READ = "settings:read"
    SUPPORT_CLOSE = "support:close"
    SUPPORT_OPEN = "support:open"
    SUPPORT_READ = "support:read"
    SURVEY_ANSWER = "survey:answer"
    TOKEN_CREATE = "token:create"
    TOKEN_READ = "token:read"
    TOKEN_REVOKE = "token:revoke"
    TOTAL_UNSCOPED = "total:unscoped"
    UNIT_EDIT = "unit:edit"
    UNIT_READ = "unit:read"
    USAGE_READ = "usage:read"

    @property
    def resource(self) -> str:
        return self.value.partition(":")[0]

    @property
    def verb(self) -> str:
        return self.value.partition(":")[2]
