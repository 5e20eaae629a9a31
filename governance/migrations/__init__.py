"""The schema's history: brought up, taken down and checked by `upgrade`, `downgrade` and `check`."""

from governance.migrations.drift import check
from governance.migrations.upgrade import Upgraded, downgrade, upgrade

__all__ = ["Upgraded", "check", "downgrade", "upgrade"]
