"""What `lmstat -a` of a FlexNet license server prints: who has which feature checked out at that minute.

Source of the lines: Flexera's License Administration Guide, "lmstat", and outputs of real servers. The year of a
checkout is not printed: it is the last one in which that day had come by the time of the list.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from governance.imports.errors import NotHoldings
from governance.imports.formats.holdings import Held, Listing
from governance.imports.rules import Issue, IssueCode

KIND = "lmstat"
_HEAD = re.compile(r"Flexible License Manager status on \w{3} (\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2})\s*$")
_SERVER = re.compile(r"License server status: \d*@([^\s,]+)")
_FEATURE = re.compile(
    r"Users of (?P<name>[^:]+):\s+"
    r"\(Total of (?P<issued>\d+) licenses? issued;\s+Total of (?P<used>\d+) licenses? in use\)"
)
_UNCOUNTED = re.compile(r"Users of (?P<name>[^:]+):\s+\((?P<why>Uncounted|Error).*\)")
_USER = re.compile(
    r"\s+(?P<user>\S.*?) (?P<host>\S+) (?P<display>\S*) ?\((?P<version>v[^)]*)\) \([^()]+/\d+ \d+\)"
    r"(?: \(linger: [^)]*\))?, start \w{3} (?P<start>\d{1,2}/\d{1,2} \d{1,2}:\d{2})(?P<rest>.*)$"
)
_MORE = re.compile(r"(?:, (?P<count>\d+) licenses)?(?:, PID:? \d+)?(?:\s+\(linger: \d+(?: / \d+)?\))?\s*$")
_FAILED = re.compile(r"Error getting status: (?P<why>.*)$")
_KEPT = re.compile(r"\s+(?P<count>\d+) RESERVATIONs? for ")


@dataclass
class _Reader:
    """Reads line by line; `counted`: by feature its line, how many are in use, told of below, and kept for groups."""

    listing: Listing
    feature: str = ""
    counted: dict[str, list[int]] = field(default_factory=dict)

    def take(self, number: int, line: str) -> None:
        listing = self.listing
        if (head := _HEAD.match(line)) is not None:
            listing.observed_at = _head_of(head[1])
        elif (failed := _FAILED.match(line)) is not None:
            raise NotHoldings(f"the server told nothing: {failed['why'][:120]}")
        elif listing.instance == KIND and (server := _SERVER.match(line)) is not None:
            listing.instance = server[1]
        elif line.startswith("Users of "):
            self._feature(number, line)
        elif self.feature and (kept := _KEPT.match(line)) is not None:
            self.counted[self.feature][3] += int(kept["count"])
        elif self.feature and ", start " in line:
            listing.rows += 1
            self.counted[self.feature][2] += _user(listing, number, line, self.feature)

    def _feature(self, number: int, line: str) -> None:
        found, other = _FEATURE.match(line), _UNCOUNTED.match(line)
        self.feature = found["name"].strip() if found else ""
        if found is not None:
            self.counted[self.feature] = [number, int(found["used"]), 0, 0]
        elif other is None or other["why"] == "Error":
            self.listing.complete = False
            told = other["name"] if other else line[:60]
            self.listing.wrong(number, "feature", IssueCode.REFUSED, f"The server tells nothing of {told}.")

    def close(self) -> Listing:
        """Compare with what the server counted: seats kept for groups are in use until somebody of them takes one."""
        listing = self.listing
        if listing.observed_at is None:
            raise NotHoldings("no line tells when it was printed (Flexible License Manager status on …)")
        for name, (number, used, told, kept) in self.counted.items():
            if not told <= used <= told + kept:
                listing.complete = False
                said = f"{used} of {name} are in use, and the lines below tell of {told}, {kept} kept for groups."
                listing.issues.append(Issue(number, "in use", IssueCode.DAMAGED_TEXT, said))
        return listing


def looks_like(text: str) -> bool:
    """Tell whether a text is such a list."""
    return "Flexible License Manager status on" in text[:8_000] or "\nUsers of " in text[:8_000]


def read(text: str) -> Listing:
    """Read the list; a line that tells of a user and cannot be read is named by its number. Raises NotHoldings."""
    reader = _Reader(Listing(KIND, KIND))
    for number, line in enumerate(text.splitlines(), start=1):
        reader.take(number, line)
    return reader.close()


def _user(listing: Listing, number: int, line: str, feature: str) -> int:
    """Take a user's line; give how many it holds, 0 where it cannot be read."""
    found = _USER.match(line)
    more = _MORE.match(found["rest"]) if found else None
    if found is None or more is None:
        said = "The line is not: user host display (version) (server/port handle), start day time[, n licenses]."
        listing.wrong(number, "user", IssueCode.LINE_UNREADABLE, said)
        return 0
    try:
        since = _since(found["start"], listing.observed_at)
    except ValueError:
        listing.wrong(number, "start", IssueCode.BAD_VALUE, f"{found['start']} is no day and time.")
        return 0
    count = int(more["count"] or 1)
    user = found["user"]
    listing.held.append(Held(number, user, (user,), feature=feature, quantity=count, since=since))
    return count


def _head_of(said: str) -> datetime:
    try:
        return datetime.strptime(said, "%m/%d/%Y %H:%M")  # noqa: DTZ007 - the server's wall clock; who imports knows it
    except ValueError:
        raise NotHoldings(f"{said} is no day and time") from None


def _since(said: str, observed_at: datetime | None) -> datetime | None:
    """Give the last such day and time up to the list's own, on the server's wall clock. Raises ValueError."""
    if observed_at is None:
        return None
    for year in range(observed_at.year, observed_at.year - 8, -1):
        try:
            at = datetime.strptime(f"{year}/{said}", "%Y/%m/%d %H:%M")  # noqa: DTZ007
        except ValueError:
            continue  # the 29th of February
        if at <= observed_at:
            return at
    raise ValueError(said)
