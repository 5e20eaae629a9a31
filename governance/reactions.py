"""What follows from what: for each event the verbs that answer it, for each kind of run its verb, and what is swept."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from governance.activation.service import rematch_all
from governance.activation.service.answering import ask_after_first_use, tell_of_help
from governance.alerts.answering import look_at_all_pools, look_at_license, look_at_line, look_at_pool
from governance.alerts.ladders import announce_due
from governance.alerts.models import Alert
from governance.alerts.queries import all_tenants, license_of
from governance.alerts.rules import SLOWER
from governance.alerts.service import evaluate_all
from governance.alerts.slowdown import evaluate_slowdowns
from governance.assignment_rules.service import answering as rules
from governance.catalog.models import Tier
from governance.compliance.service import reopen_waived, scan
from governance.directory.models import Person
from governance.directory.rules import LinkPurpose
from governance.directory.service.elevations import sweep_elevations
from governance.directory.service.forgetting import forget_sign_ins
from governance.directory.service.links import make_link
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import licenses_of_tier
from governance.fulfillment.service.answering import fulfill, take_back, tell_of_failed_order
from governance.imports.filed import import_file
from governance.imports.service import import_people
from governance.imports.trials import sweep_tried
from governance.kernel.errors import NotFound, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.keys.service.binding import free_key, give_key
from governance.notices.elevations import tell_of_decision, tell_of_end, tell_of_wish
from governance.notices.service import Links, tell, tell_first
from governance.reorganization.service import sweep_planned
from governance.reorganization.telling import tell_of_plan, tell_of_received
from governance.requests.service import answering as requests
from governance.reviews.service.clockwork import keep_boards
from governance.runs.duties import Duties, Errand, Reaction, RunVerb, Sweep
from governance.runs.rules import RunKind
from governance.seats.ledger.port import Ledger
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from governance.seats.service import SeatDesk
from governance.seats.service.expire import expire_due
from governance.seats.service.lapse import lapse_due
from governance.seats.service.leave import person_left
from governance.seats.service.telling import tell_of_proposal
from governance.seats.service.use import record_use
from governance.templates.service.running import apply_many
from policies.access.parties import Actor
from policies.thresholds.threshold import Level

LADDERS_EVERY_S = SLOWDOWNS_EVERY_S = BOARDS_EVERY_S = 900
REMATCH_EVERY_S = 300
TRIALS_EVERY_S = SIGN_INS_EVERY_S = 3_600
LAPSE_EVERY_S = ALERTS_EVERY_S = WAIVERS_EVERY_S = 60
MOST_LAPSES = 20
TEXT_OF_LEVEL = {Level.WARN: "pool-use-warn", Level.HIGH: "pool-use-high", Level.CRITICAL: "pool-use-critical"}
NO_SUPPLY = "pool-without-supply"

IGNORED: Mapping[str, str] = {
    "ActionAssigned": "its owner finds it among their actions, and is reminded before and after the day it is due",
    "ActionClosed": "the next review freezes what is still open",
    "AgendaItemAdded": "members find it on the agenda",
    "AgendaItemNoted": "members find it in the minutes",
    "AgreementAmended": "the ladders read agreements as they stand",
    "AgreementSigned": "the ladders read agreements as they stand",
    "AgreementWithdrawn": "nothing hangs on it any more: an undo takes back only what stands alone",
    "AimJudged": "the next review freezes what became of it",
    "ApprovalDecided": "a grant reads the approval when it is decided; holders keep their seats",
    "BoardCreated": "the clock prepares its review of each fiscal quarter that ends from now on",
    "BoardMemberAdded": "a signature reads the board's memberships as they stand",
    "BoardMemberEnded": "a signature reads the board's memberships as they stand",
    "ConsumptionRecorded": "a position is weighed when it is asked for, by what stands then",
    "ConversationRecorded": "its next step stands on the renewal's page, with who and until when",
    "EntitlementGranted": "without lots it supplies nothing; SupplyChanged tells of those",
    "ElevationEnded": "the role ended at its instant by itself; whoever held it was told until when",
    "ElevationWithdrawn": "nobody has to decide on it any more, and its page says so",
    "ImportUndone": "SupplyChanged of the same transaction is answered, line by line",
    "ItemDecided": "a signature binds the decisions on items as they stand",
    "LeaseEnded": "the ledger served who waits in the same transaction; leases are read as they stand",
    "LeaseGranted": "leases come and go within minutes; what a pool has lent is read as it stands",
    "LineChanged": "SupplyChanged of the same transaction is answered",
    "LineOverAllocated": "SupplyChanged of the same transaction is answered; the next scan finds the line",
    "LotBought": "SupplyChanged of the same transaction is answered",
    "LotCorrected": "SupplyChanged of the same transaction is answered",
    "MeetingScheduled": "members are reminded before the day, by the clock",
    "NoticeGiven": "the renewal's state is derived from it on every read",
    "PoolClosed": "SupplyChanged of the same transaction is answered",
    "PoolOverAllocated": "SupplyChanged of the same transaction is answered",
    "ProvidedCustomersImported": "each agreement, lot and outcome has its entry; retention counts them when read",
    "RegisterImported": "each decision has its entry in the trail; scans judge holders by it, grants read it",
    "RenewalOutcomeRecorded": "figures count it when they are read; dates, lots and seats stay as they are",
    "ReviewPrepared": "signers find it among their reviews",
    "ReviewSigned": "a signed review is frozen",
    "RunEnded": "whoever asked sees the run",
    "SeatKept": "the seat occupied before and occupies still",
    "SeatRefused": "the denial is stored with every reason; who wants to wait in line asks for the seat",
    "UnitsReorganized": "reach, owners and lines are read as they stand; the next scan finds what it found elsewhere",
    "VoteCast": "a decision on the item counts the votes as they stand",
}
"""Events that nothing answers, each with why. A test holds: what is emitted stands here or in `reactions`."""


def duties(ledger: Ledger, report: RunVerb | None = None) -> Duties:
    """Give the whole table for a process: this is what moves runs, answers events and sweeps."""
    return Duties(run_verbs(report), reactions(ledger), sweeps(ledger))


def run_verbs(report: RunVerb | None = None) -> Mapping[RunKind, RunVerb]:
    """Name the verb of each kind of run. `report` comes from the floor above, where there is one."""
    verbs: dict[RunKind, RunVerb] = {
        RunKind.IMPORT_FILE: import_file,
        RunKind.IMPORT_PEOPLE: import_people,
        RunKind.SCAN: scan,
        RunKind.TEMPLATE: apply_many,
    }
    return verbs if report is None else verbs | {RunKind.REPORT: report}


def reactions(ledger: Ledger) -> Mapping[str, tuple[Reaction | Errand, ...]]:
    """Name for each event what answers it."""
    return {
        "AlertRaised": (tell_of_alert,),
        "AssignmentRuleChanged": (rules.rule_errand(ledger),),
        "ElevationAnswered": (tell_of_decision,),
        "ElevationAsked": (tell_of_wish,),
        "ElevationTakenBack": (tell_of_end,),
        "GroupMembersChanged": (rules.group_errand(ledger),),
        "HandoverNeeded": (tell_of_handover,),
        "HelpAsked": (tell_of_help,),
        "InvitationExpired": (look_at_pool, requests.line_errand(ledger)),
        "OwnershipHandedOver": (tell_of_received,),
        "LicenseRulesSet": (look_at_license,),
        "PersonLeft": (_leaver_errand(ledger), requests.drop_requests, rules.person_errand(ledger)),
        "PersonMovedCountry": (rules.person_errand(ledger),),
        "PersonMovedUnit": (rules.person_errand(ledger),),
        "PersonReturned": (rules.person_errand(ledger), requests.returned_errand(ledger)),
        "PolicyPublished": (look_at_all_pools,),
        "ReclaimProposed": (tell_of_proposal,),
        "ReorganizationCarriedOut": (tell_of_plan,),
        "ReorganizationStopped": (tell_of_plan,),
        "SeatAccepted": (fulfill, give_key),
        "SeatAssigned": (look_at_pool, fulfill, give_key),
        "SeatDeclined": (look_at_pool, requests.line_errand(ledger)),
        "SeatFirstUsed": (ask_after_first_use,),
        "SeatInvited": (look_at_pool, tell_of_invitation),
        "SeatReleased": (look_at_pool, take_back, free_key, requests.line_errand(ledger)),
        "SeatRequestAnswered": (requests.tell_of_answer,),
        "SeatRequestApproved": (requests.tell_of_place,),
        "SeatRequested": (requests.tell_of_request,),
        "SeatResumed": (look_at_pool,),
        "SeatSuspended": (look_at_pool, requests.line_errand(ledger)),
        "SupplyChanged": (look_at_line, requests.line_errand(ledger), rules.supply_errand(ledger)),
        "TierLostFeatures": (tell_of_lost_features,),
        "TierRetired": (tell_of_retired_tier,),
        "UnitMoved": (rules.tree_errand(ledger),),
        "UsageObserved": (_usage_errand(ledger),),
        "WorkOrderFailed": (tell_of_failed_order,),
    }


def sweeps(ledger: Ledger) -> tuple[Sweep, ...]:
    """Name what is looked for regularly because time alone brings it about. Deliveries are added with a channel."""

    async def lapse(office: Office) -> None:
        async with office.database.system_read() as session:
            tenants = await all_tenants(session)
        for tenant_id in tenants:
            for _ in range(MOST_LAPSES):
                done = await lapse_due(SeatDesk(office, ledger), tenant_id)
                lost = await expire_due(SeatDesk(office, ledger), tenant_id)
                if not (done.invitations or done.reclaimed or done.resupplied or done.leases or lost):
                    break

    return (
        Sweep("seats", LAPSE_EVERY_S, lapse),
        Sweep("requests", LAPSE_EVERY_S, requests.sweep_verb(ledger)),
        Sweep("assignment-rules", LAPSE_EVERY_S, rules.sweep_verb(ledger)),
        Sweep("alerts", ALERTS_EVERY_S, evaluate_all),
        Sweep("ladders", LADDERS_EVERY_S, announce_due),
        Sweep("trials", TRIALS_EVERY_S, sweep_tried),
        Sweep("sign-ins", SIGN_INS_EVERY_S, forget_sign_ins),
        Sweep("matching", REMATCH_EVERY_S, rematch_all),
        Sweep("slowdowns", SLOWDOWNS_EVERY_S, evaluate_slowdowns),
        Sweep("boards", BOARDS_EVERY_S, keep_boards),
        Sweep("elevations", WAIVERS_EVERY_S, sweep_elevations),
        Sweep("reorganizations", WAIVERS_EVERY_S, sweep_planned),
        Sweep("waivers", WAIVERS_EVERY_S, reopen_waived),
    )


def seat_links(address: Callable[[str], str]) -> Links:
    """Give the maker of one-purpose links for letters; `address` turns a link's secret into what people open."""

    async def link(work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID) -> str:
        seat = await work.session.get(Assignment, (work.tenant_id, subject_id))
        ends = None if seat is None else seat.reclaim_due_at or seat.invitation_expires_at
        if ends is None:
            return address(await make_link(work, person_id, purpose, subject_id))
        return address(await make_link(work, person_id, purpose, subject_id, ends - work.now()))

    return link


async def tell_of_alert(work: Work, event: OutboxEvent) -> None:
    """Tell owner and deputy of the license once per alert and level; where nobody is left, the IT admins."""
    row = await work.session.get(Alert, (work.tenant_id, _subject(event)))
    if row is None:
        raise NotFound("alert", str(event.subject_id))
    level = Level[event.facts["level"]]
    if row.resolved_at is not None or row.level > level:
        return  # over already, or told by the event of the higher level
    _, license_ = await license_of(work, row.pool_id)
    text = SLOWER if row.rule == SLOWER else NO_SUPPLY if row.facts["supply"] == 0 else TEXT_OF_LEVEL[level]
    facts = {**row.facts, "since": _spoken(row.level_since)}
    await tell_first(work, (license_.owner_id, license_.deputy_id), text, facts, f"alert:{row.id}:{level.name}")


async def tell_of_handover(work: Work, event: OutboxEvent) -> None:
    """Tell who is left to look after a license whose owner or deputy has left, and otherwise the IT admins."""
    license_ = await work.session.get(Entitlement, (work.tenant_id, _subject(event)))
    leaver = await work.session.get(Person, (work.tenant_id, UUID(event.facts["person_id"])))
    if license_ is None or leaver is None:
        raise NotFound("license or person of a handover", str(event.subject_id))
    facts = {"license": license_.name, "leaver": leaver.name}
    await tell_first(work, (license_.owner_id, license_.deputy_id), "handover-needed", facts, f"handover:{event.id}")


async def tell_of_retired_tier(work: Work, event: OutboxEvent) -> None:
    """Tell who looks after a license of a tier that its vendor lists no more; the license stays valid."""
    await _tell_of_tier(work, event, "tier-retired", {})


async def tell_of_lost_features(work: Work, event: OutboxEvent) -> None:
    """Tell who looks after a license of a tier which features its vendor lists with it no more."""
    await _tell_of_tier(work, event, "tier-lost-features", {"features": ", ".join(event.facts["features"])})


async def tell_of_invitation(work: Work, event: OutboxEvent) -> None:
    """Send the invited person the link that accepts, unless the invitation is already answered or over."""
    seat = await work.session.get(Assignment, (work.tenant_id, _subject(event)))
    if seat is None or seat.state is not SeatState.INVITED or seat.invitation_expires_at is None:
        return
    if seat.invitation_expires_at <= work.now():
        return
    _, license_ = await license_of(work, seat.pool_id)
    until = _spoken(seat.invitation_expires_at)
    facts = {"license": license_.name, "until": until, "subject_id": str(seat.id)}
    await tell(work, seat.person_id, "seat-invited", facts, f"invited:{seat.id}")


async def _tell_of_tier(work: Work, event: OutboxEvent, text: str, facts: Mapping[str, object]) -> None:
    tier = await work.session.get(Tier, (work.tenant_id, _subject(event)))
    if tier is None:
        raise NotFound("tier", str(event.subject_id))
    for license_ in await licenses_of_tier(work, tier.id):
        said = {"license": license_.name, "tier": tier.name, "day": f"{event.recorded_at:%Y-%m-%d}", **facts}
        people = (license_.owner_id, license_.deputy_id)
        await tell_first(work, people, text, said, f"{text}:{event.id}:{license_.id}")


def _leaver_errand(ledger: Ledger) -> Errand:
    async def give_up_seats(office: Office, actor: Actor, event: OutboxEvent) -> None:
        try:
            await person_left(SeatDesk(office, ledger), actor.tenant_id, _subject(event))
        except WrongState:
            return  # they came back before this was answered, and keep what they have

    return Errand(give_up_seats)


def _usage_errand(ledger: Ledger) -> Errand:
    async def count_use(office: Office, actor: Actor, event: OutboxEvent) -> None:
        moments = [datetime.fromisoformat(at) for at in event.facts["moments"]]
        product_id = UUID(event.facts["product_id"])
        await record_use(SeatDesk(office, ledger), actor.tenant_id, _subject(event), product_id, *moments)

    return Errand(count_use)


def _subject(event: OutboxEvent) -> UUID:
    if event.subject_id is None:
        raise NotFound("subject of the event", event.name)
    return event.subject_id


def _spoken(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
