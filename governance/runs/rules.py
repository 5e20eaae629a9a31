"""The words of long work: what a run does, how it stands, and which changes of state are allowed."""

from enum import StrEnum


class RunState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class RunKind(StrEnum):
    """What long work there is; each kind has its verb in `reactions.py`."""

    IMPORT_PEOPLE = "IMPORT_PEOPLE"
    REPORT = "REPORT"
    SCAN = "SCAN"


ENDED = frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED})
