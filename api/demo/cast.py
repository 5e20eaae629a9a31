"""Who works at Halden Group: an org tree over three regions and some 600 people, the same on every machine."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from governance.directory.rules import UnitKind

GIVEN = (
    "Ada Amir Anja Aroha Ben Bianca Camille Chidi Cleo Dana Dario Elif Emil Farah Femi Gita Goran Hana "
    "Hugo Imani Ingrid Ivo Jana Jonas Kenji Kofi Lena Leon Lucia Luka Malik Mara Mateo Mei Milan Nadia "
    "Nils Noor Omar Orla Paolo Petra Priya Quinn Rafael Rosa Samir Sanna Sofia Stefan Tara Theo Uma "
    "Viktor Wanda Xenia Yusuf Zoe"
).split()
FAMILY = (
    "Abara Acosta Aydin Bauer Bergman Brandt Castillo Chandra Dubois Eriksen Ferrer Fischer Fontaine "
    "Garcia Haddad Hansen Hoffmann Ito Ivanova Jansen Kaya Keller Kim Kowalski Kumar Laurent Lindqvist "
    "Lopez Marino Mensah Meyer Mori Moreau Nakamura Novak Okafor Olsen Patel Petrov Raman Reyes Rossi "
    "Ruiz Santos Sato Schmid Silva Singh Solheim Tanaka Torres Varga Weber Whitfield Wright Yamada Zhang "
    "Zimmer"
).split()


@dataclass(frozen=True)
class DemoUnit:
    code: str
    name: str
    parent: str | None
    kind: UnitKind
    region: str
    people: int
    countries: tuple[str, ...]


@dataclass(frozen=True)
class DemoPerson:
    external_id: str
    name: str
    mail: str
    unit: str
    country: str
    joined: date
    left: date | None


_D, _V = UnitKind.DEPARTMENT, UnitKind.DIVISION
UNITS = (
    DemoUnit("halden", "Halden Group", None, UnitKind.COMPANY, "001", 4, ("CH",)),
    DemoUnit("engineering", "Engineering", "halden", _V, "001", 20, ("CH", "DE")),
    DemoUnit("eng-emea", "Engineering EMEA", "engineering", _D, "150", 95, ("DE", "CH", "SE", "PL", "ES")),
    DemoUnit("eng-amer", "Engineering Americas", "engineering", _D, "019", 60, ("US", "CA", "BR")),
    DemoUnit("eng-apac", "Engineering APAC", "engineering", _D, "142", 45, ("IN", "JP", "SG")),
    DemoUnit("sales", "Sales", "halden", _V, "001", 10, ("CH",)),
    DemoUnit("sales-emea", "Sales EMEA", "sales", _D, "150", 80, ("FR", "DE", "IT", "SE", "CH", "IE")),
    DemoUnit("sales-amer", "Sales Americas", "sales", _D, "019", 55, ("US", "MX", "BR")),
    DemoUnit("sales-apac", "Sales APAC", "sales", _D, "142", 35, ("JP", "IN", "SG")),
    DemoUnit("support", "Support", "halden", _D, "001", 70, ("PL", "US", "IN")),
    DemoUnit("product", "Product", "halden", _D, "001", 40, ("CH", "DE", "US")),
    DemoUnit("finance", "Finance", "halden", _D, "001", 32, ("CH", "US")),
    DemoUnit("security", "Security", "halden", _D, "001", 16, ("CH", "DE")),
    DemoUnit("it", "Group IT", "halden", _D, "001", 28, ("CH", "DE", "US")),
    DemoUnit("legal", "Legal", "halden", UnitKind.COST_CENTER, "001", 10, ("CH", "US")),
)
LEAVERS_PERCENT = 7
FIRST_JOINERS_PERCENT = 82
RECENT_LEAVERS = 3


def demo_people(rng: random.Random, first: date, last: date, taken: frozenset[str]) -> list[DemoPerson]:
    """Invent everybody who works at the company between two days: most from the start, some joining, some leaving.

    Nobody is called as those in `taken` are, so that a name or mail address of the cast means one person.
    """
    names = [name for given in GIVEN for family in FAMILY if (name := f"{given} {family}") not in taken]
    rng.shuffle(names)
    span = (last - first).days
    people: list[DemoPerson] = []
    for unit in UNITS:
        for _ in range(unit.people):
            name = names[len(people)]
            joined = (
                first if rng.randrange(100) < FIRST_JOINERS_PERCENT else first + timedelta(days=rng.randrange(1, span))
            )
            stays = (last - joined).days
            leaves = rng.randrange(100) < LEAVERS_PERCENT and stays > 60
            left = joined + timedelta(days=rng.randrange(45, stays)) if leaves else None
            people.append(
                DemoPerson(
                    external_id=f"H{len(people) + 1001}",
                    name=name,
                    mail=f"{name.lower().replace(' ', '.')}@halden.example",
                    unit=unit.code,
                    country=rng.choice(unit.countries),
                    joined=joined,
                    left=left,
                )
            )
    return _with_recent_leavers(people, last)


def _with_recent_leavers(people: list[DemoPerson], last: date) -> list[DemoPerson]:
    """Let three people leave three days before the story ends, so that their seats are still to be taken back."""
    going = {person.external_id for person in people if person.unit == "eng-emea" and person.left is None}
    chosen = sorted(going)[:RECENT_LEAVERS]
    return [replace(p, left=last - timedelta(days=3)) if p.external_id in chosen else p for p in people]
