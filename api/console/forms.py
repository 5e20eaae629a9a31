"""Forms as data: their questions with the bounds of an answer, how they open, and what a verb can answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from api.console.context import Context, Query
from api.console.controls import Option
from api.console.parts import Part

Ids = Mapping[str, str]
Options = tuple[Option, ...] | Callable[[Context], Awaitable[Sequence[Option]]]
FieldKind = Literal[
    "text",
    "number",
    "date",
    "datetime",
    "select",
    "choice",
    "person",
    "textarea",
    "checkbox",
    "money",
    "file",
    "password",
    "hidden",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form, and the bounds its answer must keep before any verb sees it.

    number and money take `minimum`/`maximum` in whole units; text and textarea take `longest` characters;
    file takes `longest` bytes; hidden carries what the form opened with, such as the version that was shown, as text.
    Values arrive typed: str, int, date, aware datetime, bool, `Money`, `UploadedFile`; `multiple` gives a tuple; an
    empty optional answer is None. `heading` stands above a long form's group of fields that begins with this one.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = True
    help: str = ""
    options: Options = ()
    minimum: int | None = None
    maximum: int | None = None
    longest: int = 200
    multiple: bool = False
    currency: str = ""
    accept: str = ""
    suggest: Callable[[Context, str], Awaitable[Sequence[Option]]] | None = None
    autocomplete: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came: its name (never a path), its declared type, its bytes."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The verb held: go to `location`, where `toast` is shown once."""

    location: str
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The verb said no: sentences by field name ("" is the form as a whole), and parts such as `HasNeeds` below."""

    errors: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen, and the token that lets exactly this happen; `confirm` is the button ("Assign 3 seats")."""

    parts: tuple[Part, ...]
    token: str
    confirm: str
    sentence: str = ""


Outcome = Done | Refused | Preview


@dataclass(frozen=True, slots=True)
class Opened:
    """How a form opens: its title, the answers it starts with, and what stands above and beside it."""

    title: str
    initial: Mapping[str, Any] = field(default_factory=dict)
    sub: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    cancel: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form: GET shows it, POST checks the fields, then calls `submit(ctx, ids, values, token)`.

    `token` is "" on the first post and the preview's token on the second. `opens` answers None for what is missing.
    """

    name: str
    path: str
    fields: tuple[Field, ...]
    opens: Callable[[Context, Ids, Query], Awaitable[Opened | None]]
    submit: Callable[[Context, Ids, Mapping[str, Any], str], Awaitable[Outcome]]
    button: str
    action: str = ""
    nav: str = ""

    @property
    def has_file(self) -> bool:
        """Whether it must be sent as multipart."""
        return any(each.kind == "file" for each in self.fields)

    @property
    def filter_names(self) -> tuple[str, ...]:
        """None: a form's address narrows nothing."""
        return ()
