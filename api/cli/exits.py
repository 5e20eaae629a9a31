"""How a command ends: one table of exit codes, for scripts; `lictor --help` prints it."""

from enum import IntEnum

from governance.kernel.errors import Code


class Exit(IntEnum):
    """What a script can rely on. Anything above 1 is Lictor's own no; nothing was changed by halves."""

    DONE = 0
    BUG = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    UNAVAILABLE = 7
    FOUND = 8
    CANCELLED = 130


MEANING = {
    Exit.DONE: "done",
    Exit.BUG: "an unexpected error; the message names a reference",
    Exit.USAGE: "the command line is wrong",
    Exit.BAD_INPUT: "a file or value cannot be used; the message names row, field and remedy",
    Exit.REFUSED: "not permitted, or a rule of the business says no",
    Exit.NOT_FOUND: "there is no such thing, or it is outside your scope",
    Exit.CONFLICT: "the facts moved meanwhile; read again",
    Exit.UNAVAILABLE: "the database or a service did not answer; try again",
    Exit.FOUND: "`scan --fail-on`, `db check`, `doctor`, `trail verify`: something was found",
    Exit.CANCELLED: "interrupted; what was done stays, the rest can be resumed",
}

_BY_CODE = {
    Code.BAD_INPUT: Exit.BAD_INPUT,
    Code.BAD_CURSOR: Exit.BAD_INPUT,
    Code.FILE_REFUSED: Exit.BAD_INPUT,
    Code.TOO_MANY: Exit.BAD_INPUT,
    Code.NOT_FOUND: Exit.NOT_FOUND,
    Code.CONFLICT: Exit.CONFLICT,
    Code.PREVIEW_STALE: Exit.CONFLICT,
    Code.IDEMPOTENCY_MISMATCH: Exit.CONFLICT,
    Code.UNAVAILABLE: Exit.UNAVAILABLE,
}


def exit_of(code: Code) -> Exit:
    """Give the exit code of a refusal's code; what is not named here is a plain refusal."""
    return _BY_CODE.get(code, Exit.REFUSED)
