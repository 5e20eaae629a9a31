"""Users over SCIM: made, read, changed and deleted, with what that does to the person behind them."""

from tests.api.scim.asking import Provider


async def test_a_user_is_made_and_read_back(idp: Provider) -> None:
    made = await idp.user("ada.k@halden.example", displayName="Ada Keller", enterprise={"department": "Sales"})
    read = await idp.get(f"/Users/{made['id']}")
    assert read == made
