"""Small rules about text that people type."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def slugify(text: str, *, limit: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens; `untitled` when nothing is left."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_WORD.sub("-", folded).strip("-")[:limit].strip("-") or "untitled"


def clean_line(text: str) -> str:
    """One line: NFC, control characters out, runs of white space folded."""
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text).split())


def clean_text(text: str) -> str:
    """Several lines: NFC, LF line ends, no control characters but tab and LF."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip("\n")
