"""The verbs of license keys."""

from governance.keys.service.adding import AddKeys, KeysAdded, add_keys
from governance.keys.service.binding import bind_key, retire_key
from governance.keys.service.revealing import Revealed, reveal_key, reveal_own_key

__all__ = [
    "AddKeys",
    "KeysAdded",
    "Revealed",
    "add_keys",
    "bind_key",
    "retire_key",
    "reveal_key",
    "reveal_own_key",
]
