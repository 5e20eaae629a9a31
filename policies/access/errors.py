"""What can be wrong with a policy before anybody is judged by it.

A policy that cannot be read is never half used: the gate is not built, and the one before it stays in force.
"""


class BadPolicyLine(ValueError):
    """A line of roles.csv that the gate refuses; `line` counts from 1, `why` says what would be right."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


class BadFieldRule(ValueError):
    """An entry of fields.toml that the gate refuses; `where` is its path (`MONEY.read`), `why` says what is right."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class BadExample(ValueError):
    """An entry of examples.toml that cannot be tried; `line` is the policy line it speaks of."""

    def __init__(self, line: str, why: str) -> None:
        super().__init__(f"{line!r}: {why}")
        self.line = line
        self.why = why


class BadParty(ValueError):
    """An actor or a grant that contradicts itself: an untyped principal, a unit scope without its unit."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what!r}: {why}")
        self.what = what
        self.why = why
