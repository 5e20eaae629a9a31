"""People as somebody types them: by mail address, by the source's own id, or by a name that only one person has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, or_

from api.console.context import Context
from api.console.controls import Option
from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.directory.rules import PersonStatus, same_mail
from governance.kernel.work import Work
from policies.access.actions import Action

SUGGESTED = 20
CHUNK = 300


@dataclass(slots=True)
class Found:
    """Who was meant, in the order typed, each once; and what names nobody, or more than one, within reach."""

    people: dict[UUID, Person] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


async def find_people(ctx: Context, asked: Sequence[str], act: Action = Action.PERSON_READ) -> Found:
    """Find everybody who was typed, within reach of `act`."""
    said = [each.strip() for each in asked if each.strip()]
    async with ctx.work() as work:
        rows = [row for at in range(0, len(said), CHUNK) for row in await _called(work, said[at : at + CHUNK], act)]
    found = Found()
    for words in said:
        who = _meant(words, rows)
        if who is None:
            found.wrong.append(words[:80])
        else:
            found.people[who.id] = who
    return found


async def _called(work: Work, said: Sequence[str], act: Action) -> Sequence[Person]:
    mails = sorted({same_mail(_address(each)) for each in said})
    names = sorted({each.casefold() for each in said})
    query = visible_people(work, act).where(
        or_(Person.mail_key.in_(mails), Person.external_id.in_(sorted(set(said))), func.lower(Person.name).in_(names))
    )
    return (await work.session.execute(query)).scalars().all()


def _address(words: str) -> str:
    """The mail address of `Lena Brandt <lena@halden.example>`, else the words themselves."""
    return words.partition("<")[2].rstrip("> ") if words.endswith(">") else words


def _meant(words: str, rows: Sequence[Person]) -> Person | None:
    mail, name = same_mail(_address(words)), words.casefold()
    for same in (
        {row.id: row for row in rows if row.mail_key == mail},
        {row.id: row for row in rows if row.external_id == words},
        {row.id: row for row in rows if row.name.casefold() == name},
    ):
        if len(same) == 1:
            return next(iter(same.values()))
    return None


async def suggest_people(ctx: Context, typed: str, act: Action = Action.PERSON_READ) -> list[Option]:
    """People within reach of `act` who are here and whose name or mail address holds what was typed, by name."""
    if len(typed) < 2:
        return []
    like = f"%{escaped(typed.casefold())}%"
    async with ctx.work() as work:
        query = (
            visible_people(work, act)
            .where(
                Person.status != PersonStatus.LEFT,
                or_(func.lower(Person.name).like(like, escape="\\"), Person.mail_key.like(like, escape="\\")),
            )
            .order_by(Person.name, Person.id)
            .limit(SUGGESTED)
        )
        rows = (await work.session.execute(query)).scalars().all()
    return [Option(row.mail, text=row.name) for row in rows]


def escaped(words: str) -> str:
    """Words for LIKE, its own signs taken literally."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
