"""What can be done about seats at the vendor: set how, order, call, confirm, try again."""

from governance.fulfillment.service.confirming import ConfirmOrder, confirm_order, retry_order
from governance.fulfillment.service.delivering import Caller, call_due
from governance.fulfillment.service.ordering import NewOrder, grant_there, place, revoke_there
from governance.fulfillment.service.setting import FulfillmentSet, SetFulfillment, set_fulfillment

__all__ = [
    "Caller", "ConfirmOrder", "FulfillmentSet", "NewOrder", "SetFulfillment", "call_due", "confirm_order",
    "grant_there", "place", "retry_order", "revoke_there", "set_fulfillment",
]  # fmt: skip
