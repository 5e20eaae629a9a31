"""The words of long work: what a run does, how it stands, how long a worker holds it, and when it is tried again."""

from datetime import timedelta
from enum import StrEnum


class RunState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class RunKind(StrEnum):
    """What long work there is; each kind has its verb in `reactions.py`."""

    IMPORT_FILE = "IMPORT_FILE"
    IMPORT_PEOPLE = "IMPORT_PEOPLE"
    REPORT = "REPORT"
    SCAN = "SCAN"
    TEMPLATE = "TEMPLATE"


ENDED = frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED})
LEASE = timedelta(seconds=30)
RENEW_EVERY_S = 10.0
PROGRESS_EVERY_S = 0.5
RUN_ATTEMPTS = 5
EVENT_ATTEMPTS = 10
LONGEST_WAIT = timedelta(minutes=10)


def pause_after(attempts: int) -> timedelta:
    """Say how long to wait after so many failed attempts: 1, 2, 4, 8 … seconds, never above ten minutes."""
    return min(timedelta(seconds=2 ** max(0, min(attempts, 20) - 1)), LONGEST_WAIT)
