"""What an official answer must not say, looked for before it is taken: what is refused on the other side
looks sent until then."""

from shared.bridge.inner import as_read, inner_names, stands_unchosen
from shared.kernel.errors import FieldError, Invalid


class AnswerReveals(Invalid):
    code = "desk.answer_reveals"
    title = "The answer names something that must stay inside"


def refuse_revealing(
    body: str, html: str, public_name: str, *, author: str, endings: tuple[str, ...]
) -> None:
    """By the rules of the bridge, which looks again; `author` is who writes it. Raises `AnswerReveals`."""
    fields, read = [], as_read(html)
    for pointer, texts in (("/body", (body, read)), ("/public_name", (public_name,))):
        found = {words: (code, what) for text in texts for _, code, what, words in inner_names(text, endings)}
        fields += [
            FieldError(pointer, f"desk.{code}", f"{what} must not go outside: “{words}”")
            for words, (code, what) in found.items()
        ]
    if stands_unchosen(author, public_name, (body, read)):
        said = "Your own name stands in it, but you did not choose it as the name beside the answer."
        fields.append(FieldError("/body", "desk.staff_name", said))
    if fields:
        raise AnswerReveals(fields=tuple(fields))
