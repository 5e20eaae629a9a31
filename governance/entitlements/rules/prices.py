"""What a lot costs, and which prices a lot can have."""

from governance.entitlements.rules.words import CostBasis
from governance.kernel.errors import BadInput


def lot_cost(basis: CostBasis, unit_price: int, pack_size: int, quantity: int | None) -> int:
    """Give the price of a whole lot in the micro-units of `unit_price`: a broken pack is paid in full.

    Raises ValueError for an unlimited lot on any basis but FLAT (`check_price` refuses it before it is kept).
    """
    if basis is CostBasis.FLAT:
        return unit_price
    if quantity is None:
        raise ValueError("an unlimited lot has a flat price")
    return unit_price * (quantity if basis is CostBasis.PER_SEAT else -(-quantity // pack_size))


def check_price(basis: CostBasis, quantity: int | None, *, path: str = "") -> None:
    """Let pass a price that a lot of this quantity can have. Raises BadInput."""
    if quantity is None and basis is not CostBasis.FLAT:
        raise BadInput(f"{path}cost_basis", basis.value, "FLAT, because an unlimited lot has no price a seat")
