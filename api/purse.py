"""What one principal may ask for in a while: each operation is charged its cost, and time fills the purse again."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from governance.kernel.clock import Clock
from governance.kernel.errors import Unavailable

BURST = 500_000  # fields answered at once, twenty of the dearest operations
PER_SECOND = 20_000
PURSES_MOST = 10_000


@dataclass
class Purses:
    """The purses of one process. Whoever was not seen for long has a full one and needs no place here."""

    clock: Clock
    burst: int = BURST
    per_second: int = PER_SECOND
    door: str = "the graph"
    kept: "OrderedDict[str, tuple[float, datetime]]" = field(default_factory=OrderedDict)

    def charge(self, principal: str, cost: int) -> None:
        """Take the cost of an operation out of a principal's purse. Raises Unavailable when it is not in it."""
        now = self.clock.now()
        left, seen = self.kept.pop(principal, (float(self.burst), now))
        left = min(self.burst, left + max(0.0, (now - seen).total_seconds()) * self.per_second)
        enough = left >= cost
        self.kept[principal] = (left - cost if enough else left, now)
        if len(self.kept) > PURSES_MOST:
            self.kept.popitem(last=False)
        if not enough:
            raise Unavailable(
                f"{self.door}, which you asked for much lately,", 1 + int((cost - left) / self.per_second)
            )
