"""How grave each kind of what does not fit between a license, its seats and what is held is shown."""

from typing import Final

from api.console.declare import Level
from governance.holdings.rules import Difference

GRAVE: Final = {
    Difference.USED_NOT_ENTITLED: Level.CRITICAL, Difference.HELD_NOT_ENTITLED: Level.CRITICAL,
    Difference.HELD_BY_LEAVER: Level.HIGH, Difference.HELD_BY_NOBODY: Level.HIGH,
}  # fmt: skip
