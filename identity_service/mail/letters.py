"""What mails say: one pair of files per mail and language, plain and HTML, in `texts/`.

`<name>.txt` begins with `Subject: …` and an empty line; `<name>.html` fills the frame `letter.html`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEXTS: Final = Path(__file__).parent / "texts"
FALLBACK: Final = "en"
_SUBJECT: Final = "Subject: "


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, ready to be sent."""

    subject: str
    plain: str
    html: str


def compose(name: str, *, locale: str | None = None, **values: Any) -> Letter:
    """The letter `name` in the reader's language, or in English where nobody has translated it yet.

    Raises jinja2.TemplateError when a value that the letter names was not given.
    """
    folder = _language(name, locale)
    plain = _environment().get_template(f"{folder}/{name}.txt").render(values)
    head, _, body = plain.partition("\n\n")
    subject = " ".join(head.removeprefix(_SUBJECT).split())
    html = _environment().get_template(f"{folder}/{name}.html").render(values, subject=subject)
    return Letter(subject, body.strip() + "\n", html)


def _language(name: str, locale: str | None) -> str:
    """`pt-BR`, else `pt`, else English, whichever has this letter."""
    for tag in (locale or "", (locale or "").partition("-")[0]):
        if (tag, name) in _written():
            return tag
    return FALLBACK


@cache
def _written() -> frozenset[tuple[str, str]]:
    """Every language and letter that there is a text of."""
    return frozenset((file.parent.name, file.stem) for file in TEXTS.glob("*/*.txt"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEXTS),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
