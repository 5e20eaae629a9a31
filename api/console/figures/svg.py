"""The few SVG elements our figures use, escaped, with numbers short enough to read in the source."""

from typing import Final

from markupsafe import Markup, escape

OVERAGE: Final = "url(#l-hatch-over)"
IDLE: Final = "url(#l-hatch-idle)"
STALE: Final = "url(#l-hatch-stale)"
LATE: Final = "url(#l-hatch-late)"
FADE: Final = "url(#l-fade)"


def short(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def pct(value: float) -> str:
    """A coordinate in percent of the width."""
    return f"{short(value)}%"


def element(name: str, body: str | Markup = "", /, **attributes: object) -> Markup:
    """One element; `class_` is class, underscores become hyphens, None leaves an attribute out."""
    parts = [
        f'{key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    opening = f"<{name} {' '.join(parts)}".rstrip()
    return Markup(f"{opening}>{escape(body)}</{name}>" if body else f"{opening}/>")  # noqa: S704 - every piece is escaped


def join(*pieces: Markup) -> Markup:
    """Elements one after the other."""
    return Markup("").join(pieces)


def picture(sentence: str, body: Markup, /, *, height: float, class_: str, view_box: str | None = None) -> Markup:
    """A figure as wide as its place and `height` px high; `sentence` says what it shows to those who do not see it."""
    shown: dict[str, object] = {"role": "img", "aria_label": sentence} if sentence else {"aria_hidden": "true"}
    return element(
        "svg",
        body,
        class_=f"l-svg {class_}",
        width="100%",
        height=short(height),
        viewBox=view_box,
        focusable="false",
        **shown,
    )
