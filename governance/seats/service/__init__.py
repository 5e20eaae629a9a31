"""The verbs of holding seats."""

from governance.seats.service.accept import accept_seat
from governance.seats.service.assign import AssignSeats, Denied, SeatAnswers, Seated, assign_seats, preview_assignment
from governance.seats.service.case import Nearest
from governance.seats.service.change_line import ChangeLine, LinePreview, change_line, preview_change_line
from governance.seats.service.choosing import AssignByProduct, assign_by_product, preview_by_product
from governance.seats.service.decline import decline_seat
from governance.seats.service.desk import SeatDesk, system_actor
from governance.seats.service.explaining import Explain, Explained, explain_entitlement
from governance.seats.service.lapse import Lapsed, lapse_due
from governance.seats.service.lease import (
    AcquireLease,
    Leased,
    Renewed,
    acquire_lease,
    borrow_lease,
    heartbeat_leases,
    release_lease,
    stop_waiting,
)
from governance.seats.service.lease_terms import SetLeaseTerms, set_lease_terms
from governance.seats.service.leave import Left, person_left
from governance.seats.service.raise_cap import RaiseCap, raise_revocation_cap
from governance.seats.service.reclaim import forego_seat, keep_seat, propose_reclaim
from governance.seats.service.release import ReleasePreview, ReleaseSeats, preview_release, release_seats
from governance.seats.service.resume import resume_seat
from governance.seats.service.set_cap import SetCap, set_revocation_cap
from governance.seats.service.spill import ComeBack, SeatInLicense, Spilled, Way, coming_back, seat_in_license
from governance.seats.service.suspend import suspend_seat
from governance.seats.service.taking import check_taking, claim_some, letting_go, within_cap
from governance.seats.service.transfer import (
    TransferPreview,
    Transferred,
    TransferSeats,
    preview_transfer,
    suggest_pool,
    transfer_seats,
)
from governance.seats.service.use import record_use

__all__ = [
    "AcquireLease",
    "AssignByProduct",
    "AssignSeats",
    "ChangeLine",
    "ComeBack",
    "Denied",
    "Explain",
    "Explained",
    "Lapsed",
    "Leased",
    "Left",
    "LinePreview",
    "Nearest",
    "RaiseCap",
    "ReleasePreview",
    "ReleaseSeats",
    "Renewed",
    "SeatAnswers",
    "SeatDesk",
    "SeatInLicense",
    "Seated",
    "SetCap",
    "SetLeaseTerms",
    "Spilled",
    "TransferPreview",
    "TransferSeats",
    "Transferred",
    "Way",
    "accept_seat",
    "acquire_lease",
    "assign_by_product",
    "assign_seats",
    "borrow_lease",
    "change_line",
    "check_taking",
    "claim_some",
    "coming_back",
    "decline_seat",
    "explain_entitlement",
    "forego_seat",
    "heartbeat_leases",
    "keep_seat",
    "lapse_due",
    "letting_go",
    "person_left",
    "preview_assignment",
    "preview_by_product",
    "preview_change_line",
    "preview_release",
    "preview_transfer",
    "propose_reclaim",
    "raise_revocation_cap",
    "record_use",
    "release_lease",
    "release_seats",
    "resume_seat",
    "seat_in_license",
    "set_lease_terms",
    "set_revocation_cap",
    "stop_waiting",
    "suggest_pool",
    "suspend_seat",
    "system_actor",
    "transfer_seats",
    "within_cap",
]
