"""Small rules about text that people type."""

import re
import unicodedata
from typing import Final

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_A_LINE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Controls, halves of characters, and marks that turn the direction of whatever stands after a name."""
_TAG_START: Final = re.compile(r"\.?[^\W_].*")
LONGEST_TAG: Final = 35
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def slugify(text: str, *, limit: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens; `untitled` when nothing is left."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("-", folded).strip("-")[:limit].strip("-") or "untitled"


def clean_line(text: str) -> str:
    """One line: NFC, control characters out, runs of white space folded. Joiners stay: emoji need them."""
    return " ".join(_NOT_IN_A_LINE.sub(" ", unicodedata.normalize("NFC", text)).split())


def clean_text(text: str) -> str:
    """Several lines: NFC, LF line ends, no control characters but tab and LF."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip("\n")


def tag_name(text: str) -> str:
    """`.NET`, `C#` or `Größe` as a tag: NFC, lower-case, of letters, digits and `.+#-`; "" if none is left.

    It begins with a letter or a digit, or a dot before one, and has 35 characters at most.
    """
    kept = (
        c if c in ".+#-" or unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" else "-"
        for c in unicodedata.normalize("NFC", text).lower()
    )
    found = _TAG_START.search("".join(kept))
    return found[0][:LONGEST_TAG] if found else ""


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: white space, joiners and fillers alone."""
    return all(c in _UNSEEN or unicodedata.category(c) in _NOTHING_TO_SEE for c in text)


_NOTHING_TO_SEE: Final = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
