"""Signed calls to those who fulfill seats at the vendor, through the one way out."""

from collections.abc import Mapping

from api.outbound import Outbound, OutboundRefusedError
from governance.fulfillment.errors import CallFailed


class WebhookCaller:
    """Calls an address that was checked, bounded in time and size."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body and give the status of the answer. Raises CallFailed where there was none."""
        try:
            return (await self._outbound.send(url, body, headers)).status
        except OutboundRefusedError as refused:
            raise CallFailed(str(refused)) from None
