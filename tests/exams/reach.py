"""What the exam of reach asks: every list there is, whose each of its rows is, and random policies and actors."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select

from governance.activation import queries as activation
from governance.agreements import queries as agreements
from governance.agreements.models import Agreement
from governance.alerts import queries as alerts
from governance.assignment_rules import queries as rules
from governance.audit import queries as audit
from governance.compliance import queries as compliance
from governance.compliance.models import Finding
from governance.directory import elevated, provisioned, vouched
from governance.directory import queries as directory
from governance.directory.models import OrgUnit, Person, ServiceAccount
from governance.directory.service.grants import grant_ownership
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.rights import visible_line_rights
from governance.entitlements.service.effects import whose
from governance.fulfillment import queries as fulfillment
from governance.holdings import queries as holdings
from governance.inventory import queries as inventory
from governance.inventory.models import Device
from governance.kernel.work import Work
from governance.keys import queries as keys
from governance.notices import queries as notices
from governance.renewals import queries as renewals
from governance.reorganization import queries as reorganizations
from governance.requests import queries as requests
from governance.reviews import queries as reviews
from governance.reviews.models import ActionItem, Board, Review
from governance.reviews.queries import board_ownership, review_ownership
from governance.runs import queries as runs
from governance.seats import lease_queries as leases
from governance.seats import queries as seats
from governance.seats.models import Assignment
from governance.templates import queries as templates
from governance.usage import queries as usage
from policies.access.actions import Action
from policies.access.errors import BadPolicyLine
from policies.access.gate import Gate
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind
from tests.exams.world import REGIONS, World

Visible = Callable[[Work, Action], Select[Any]]
Owned = Callable[[Work, Any], Awaitable[Ownership]]


@dataclass(frozen=True)
class Listed:
    """A list as its readers get it, whose each row is, and the one act it is for (None: it is given the act)."""

    name: str
    visible: Visible
    owned: Owned
    action: Action | None = None


@dataclass(frozen=True)
class Difference:
    """A row that list and check disagree on; `listed` says which of them let it through."""

    list_name: str
    action: Action
    actor: Actor
    row_id: UUID
    listed: bool


async def _tenants(work: Work, row: Any) -> Ownership:
    return Ownership(work.tenant_id)


async def _unit(work: Work, row: OrgUnit) -> Ownership:
    return await directory.ownership(work, unit_id=row.id, region=row.region)


async def _person(work: Work, row: Any) -> Ownership:
    """A person, or what lies where its person does; what names nobody is the tenant's."""
    person = row if isinstance(row, Person) else await _get(work, Person, row.person_id)
    if person is None:
        return Ownership(work.tenant_id)
    return await directory.ownership(work, unit_id=person.unit_id, region=person.country, people=(person.id,))


async def _machine(work: Work, row: ServiceAccount) -> Ownership:
    return await _unit(work, await _get(work, OrgUnit, row.unit_id))


async def _token(work: Work, row: Any) -> Ownership:
    if row.person_id is not None:
        return await _person(work, row)
    return await _machine(work, await _get(work, ServiceAccount, row.service_account_id))


async def _agreement(work: Work, row: Any) -> Ownership:
    row = row if isinstance(row, Agreement) else await _get(work, Agreement, row.agreement_id)
    people = (row.owner_id, row.deputy_id)
    return await directory.ownership(work, unit_id=row.unit_id, region=row.region, people=people)


async def _line(work: Work, row: Any) -> Ownership:
    line = row if isinstance(row, MetricLine) else await _get(work, MetricLine, row.line_id)
    return await whose(work, await _get(work, Entitlement, line.entitlement_id))


async def _rule(work: Work, row: Any) -> Ownership:
    last = await rules.version_of(work, getattr(row, "rule_id", row.id))
    return await rules.rule_ownership(work, last.unit_id, last.region)


async def _license_of(work: Work, row: Any) -> Ownership:
    return await whose(work, await _get(work, Entitlement, row.entitlement_id))


async def _pool(work: Work, row: Any) -> Ownership:
    """A pool, its room, an allocation or alert of it: by its own place, or by who owns its license."""
    pool = row if isinstance(row, Pool) else await _get(work, Pool, getattr(row, "pool_id", row.id))
    _, license_ = await alerts.license_of(work, pool.id)
    people = (license_.owner_id, license_.deputy_id)
    return await directory.ownership(work, unit_id=pool.unit_id, region=pool.region, people=people)


async def _step(work: Work, row: Any) -> Ownership:
    return await seats.seat_ownership(work, await _get(work, Assignment, row.assignment_id))


async def _device(work: Work, row: Any) -> Ownership:
    return await inventory.device_ownership(work, await _get(work, Device, row.device_id))


async def _finding(work: Work, row: Any) -> Ownership:
    row = row if isinstance(row, Finding) else await _get(work, Finding, row.finding_id)
    return await directory.ownership(work, unit_id=row.unit_id, region=row.region, people=(row.owner_id,))


async def _snapshot(work: Work, row: Any) -> Ownership:
    return await review_ownership(work, await _get(work, Review, row.review_id))


async def _member(work: Work, row: Any) -> Ownership:
    return await board_ownership(work, await _get(work, Board, row.board_id))


async def _of_action(work: Work, row: Any) -> Ownership:
    return await reviews.action_ownership(work, await _get(work, ActionItem, row.action_id))


async def _get(work: Work, kind: type[Any], row_id: UUID | None) -> Any:
    return None if row_id is None else await work.session.get_one(kind, (work.tenant_id, row_id))


HOUSE = Gate.from_files()
LISTS = (
    Listed("units", directory.visible_units, _unit),
    Listed("people", directory.visible_people, _person),
    Listed("grants", directory.grants, grant_ownership),
    Listed("elevations", elevated.visible_elevations, elevated.elevation_ownership),
    Listed("planned reorganizations", reorganizations.visible_planned, reorganizations.planned_ownership),
    Listed("tokens", directory.visible_tokens, _token),
    Listed("service accounts", directory.visible_service_accounts, _machine),
    Listed("identity providers", vouched.visible_providers, _tenants),
    Listed("group mappings", vouched.visible_mappings, _tenants),
    Listed("identities", vouched.visible_identities, _person),
    Listed("users", lambda work, _: provisioned.visible_users(work), _person, Action.PERSON_PROVISION),
    Listed("groups", provisioned.visible_groups, _tenants),
    Listed("group members", provisioned.visible_members, _tenants),
    Listed("profiles", provisioned.visible_profiles, _person),
    Listed("profile values", provisioned.visible_values, _person),
    Listed("agreements", agreements.visible_agreements, _agreement),
    Listed("amendments", lambda work, _: agreements.visible_amendments(work), _agreement, Action.AGREEMENT_READ),
    Listed("conversations", lambda work, _: renewals.visible_conversations(work), _agreement, Action.AGREEMENT_READ),
    Listed("renewals", lambda work, action: renewals.visible_renewals(work, action=action), _line),
    Listed("entitlements", entitlements.visible_entitlements, whose),
    Listed("lines", entitlements.visible_lines, _line),
    Listed("lots", entitlements.visible_lots, _line),
    Listed("consumption", entitlements.visible_consumption, _line),
    Listed("line rights", visible_line_rights, _line),
    Listed("pools", entitlements.visible_pools, _pool),
    Listed("rooms", lambda work, _: entitlements.visible_rooms(work), _pool, Action.POOL_READ),
    Listed("allocations", entitlements.visible_allocations, _pool),
    Listed("assignments", seats.visible_assignments, seats.seat_ownership),
    Listed("steps", seats.visible_steps, _step),
    Listed("denials", seats.visible_denials, seats.seat_ownership),
    Listed("leases", leases.visible_leases, leases.lease_ownership),
    Listed("lease waits", leases.visible_lease_waits, leases.lease_ownership),
    Listed("devices", inventory.visible_devices, inventory.device_ownership),
    Listed("installations", inventory.visible_installations, _device),
    Listed("work orders", fulfillment.visible_work_orders, fulfillment.order_ownership),
    Listed("license keys", keys.visible_keys, keys.key_ownership),
    Listed("seat requests", requests.visible_requests, requests.request_ownership),
    Listed("held seats", holdings.visible_held, _person),
    Listed("assignment rules", rules.visible_rules, _rule),
    Listed("rule versions", lambda work, _: rules.visible_versions(work), _rule, Action.SEAT_READ),
    Listed("rule members", lambda work, _: rules.visible_members(work), _rule, Action.SEAT_READ),
    Listed("template instances", templates.visible_instances, _license_of),
    Listed("license rules", templates.visible_rules, _license_of),
    Listed("findings", lambda work, action: compliance.visible_findings(work, action=action), _finding),
    Listed("finding steps", lambda work, _: compliance.visible_finding_steps(work), _finding, Action.FINDING_READ),
    Listed("scans", lambda work, _: compliance.visible_scans(work), _tenants, Action.FINDING_READ),
    Listed("reviews", reviews.visible_reviews, review_ownership),
    Listed("snapshots", lambda work, _: reviews.visible_snapshots(work), _snapshot, Action.REVIEW_READ),
    Listed("boards", reviews.visible_boards, board_ownership),
    Listed("board members", lambda work, _: reviews.visible_members(work), _member, Action.REVIEW_READ),
    Listed("own items", lambda work, _: reviews.visible_own_items(work), _snapshot, Action.REVIEW_READ),
    Listed("item notes", lambda work, _: reviews.visible_notes(work), _snapshot, Action.REVIEW_READ),
    Listed("item votes", lambda work, _: reviews.visible_votes(work), _snapshot, Action.REVIEW_READ),
    Listed("item decisions", lambda work, _: reviews.visible_item_decisions(work), _snapshot, Action.REVIEW_READ),
    Listed("meeting days", lambda work, _: reviews.visible_meeting_days(work), _snapshot, Action.REVIEW_READ),
    Listed("action items", reviews.visible_actions, reviews.action_ownership),
    Listed("action steps", reviews.visible_action_steps, _of_action),
    Listed("aim verdicts", reviews.visible_verdicts, _of_action),
    Listed("alerts", lambda work, action: alerts.visible_alerts(work, action=action), _pool),
    Listed("notices", lambda work, _: notices.visible_notices(work), _person, Action.NOTICE_READ),
    Listed("usage events", usage.visible_events, _person),
    Listed("contacts", activation.visible_contacts, _person),
    Listed("entries", lambda work, _: audit.visible_entries(work), _tenants, Action.AUDIT_READ),
    Listed("checkpoints", lambda work, _: audit.visible_checkpoints(work), _tenants, Action.AUDIT_READ),
    Listed("seals", lambda work, _: audit.visible_seals(work), _tenants, Action.AUDIT_READ),
    Listed("runs", lambda work, _: runs.visible_runs(work), _tenants, Action.RUN_READ),
)


def random_gate(dice: random.Random) -> Gate:
    """Make a policy of one to twelve lines, denials and stars among them; now and then take the house's own."""
    if dice.random() < 0.1:
        return HOUSE
    lines = {_line_text(dice) for _ in range(dice.randint(1, 12))}
    try:
        return Gate.from_lines(sorted(lines))
    except BadPolicyLine as bad:
        raise AssertionError(lines) from bad


def _line_text(dice: random.Random) -> str:
    acts = "*:read" if dice.random() < 0.4 else str(dice.choice(list(Action)))
    effect = "deny" if dice.random() < 0.15 else "allow"
    [scope] = dice.choices(list(ScopeKind), weights=(1, 2, 3, 4))
    return f"{dice.choice(list(Role))},{acts},{scope},{effect}"


def random_actor(dice: random.Random, world: World) -> Actor:
    """Make a person, or a machine, with up to four grants: some over places that are not there, some by a token."""
    person = dice.choice(world.people) if dice.random() < 0.85 else None
    principal = f"person:{person}" if person else f"service:{uuid4()}"
    narrowed = frozenset(dice.sample(list(Action), 30)) if dice.random() < 0.2 else None
    grants = frozenset(_grant(dice, world) for _ in range(dice.randint(0, 4)))
    return Actor(world.tenant_id, principal, person_id=person, grants=grants, token_actions=narrowed)


def _grant(dice: random.Random, world: World) -> Grant:
    role, scope = dice.choice(list(Role)), dice.choice([*ScopeKind, ScopeKind.UNIT, ScopeKind.REGION])
    if scope is ScopeKind.UNIT:
        return Grant(role, scope, unit_id=dice.choice(world.units) if dice.random() < 0.95 else uuid4())
    if scope is ScopeKind.REGION:
        return Grant(role, scope, region=dice.choice([*REGIONS, "AQ"]))
    return Grant(role, scope)


def acts_to_ask(dice: random.Random, gate: Gate, actor: Actor) -> Sequence[Action]:
    """Choose acts, mostly such as the policy lets this actor try."""
    tried = [action for action in Action if gate.may(actor, action)]
    return [dice.choice(tried or list(Action)), dice.choice(list(Action))]
