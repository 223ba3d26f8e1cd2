"""Small rules about text that people type."""

import re
import unicodedata
from typing import Final, Literal

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_A_LINE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Controls, halves of characters, and marks that turn the direction of whatever stands after a name."""
_TAG_START: Final = re.compile(r"\.?[^\W_].*")
LONGEST_TAG: Final = 35
_LONGEST_LINE: Final = 4_000
"""Characters of a line that are looked at; every limit on lines is below."""
_MOST_MARKS: Final = 30
"""Combining marks on one character, as in the Stream-Safe Text Format of UAX #15."""
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """A Unicode normalisation form, in time that grows with the length alone.

    Marks are sorted by insertion, which takes the square of their number: of each run of combining marks
    the first 30 stay. No language needs as many.
    """
    if text.isascii():
        return text
    return _few_marks(unicodedata.normalize(form, _few_marks(text)))


def _few_marks(text: str) -> str:
    marks = "".join(
        sorted(c for c in set(text) if unicodedata.combining(unicodedata.normalize("NFKD", c)[0]))
    )
    if not marks:
        return text
    return re.sub(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+", r"\1", text)


def case_mapped(text: str) -> str:
    """What names are compared by: half and full width, upper and lower case are the same, and `ß` is not `ss`
    (RFC 8265, UsernameCaseMapped, without what that refuses)."""
    narrow = "".join(normalized("NFKC", c) if _has_width(c) else c for c in text)
    return normalized("NFC", normalized("NFC", narrow).lower())


def _has_width(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(("<wide>", "<narrow>"))


def slugify(text: str, *, limit: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens; `untitled` when nothing is left."""
    folded = normalized("NFKD", text[:_LONGEST_LINE]).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("-", folded).strip("-")[:limit].strip("-") or "untitled"


def clean_line(text: str) -> str:
    """One line: NFC, control characters out, runs of white space folded. Joiners stay: emoji need them.

    Of more than 4,000 characters the first are taken: whoever calls has a limit below that.
    """
    return " ".join(_NOT_IN_A_LINE.sub(" ", normalized("NFC", text[:_LONGEST_LINE])).split())


def clean_text(text: str) -> str:
    """Several lines: NFC, LF line ends, no control characters but tab and LF."""
    text = normalized("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip("\n")


def tag_name(text: str) -> str:
    """`.NET`, `C#` or `Größe` as a tag: NFC, lower-case, of letters, digits and `.+#-`; "" if none is left.

    It begins with a letter or a digit, or a dot before one, and has 35 characters at most.
    """
    kept = (
        c if c in ".+#-" or unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" else "-"
        for c in normalized("NFC", text[:_LONGEST_LINE]).lower()
    )
    found = _TAG_START.search("".join(kept))
    return found[0][:LONGEST_TAG] if found else ""


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: white space, joiners and fillers alone."""
    return all(c in _UNSEEN or unicodedata.category(c) in _NOTHING_TO_SEE for c in text)


_NOTHING_TO_SEE: Final = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
