"""What a report is: its name, the rights it cannot be made without, and how its sheets are gathered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from policies.access.actions import Action
from reports.asking import Format
from reports.ground import Gathered, Ground


@dataclass(frozen=True)
class Report:
    """One report of the shelf. Its words are `title.<name>` and `answers.<name>` of every language in texts/.

    `needs`: its rights, the first of which says what it covers. `many`: it has several sheets, so its CSV is a zip.
    """

    name: str
    needs: tuple[Action, ...]
    gather: Callable[[Ground], Awaitable[Gathered]]
    many: bool = False

    @property
    def title(self) -> str:
        """Name the key of its title."""
        return f"title.{self.name}"

    def suffix(self, form: Format) -> str:
        """Name the ending of its file."""
        return "zip" if form is Format.CSV and self.many else form.value

    @property
    def answers(self) -> str:
        """Name the key of the question it answers."""
        return f"answers.{self.name}"
