"""What must not stand in an official answer: e-mail addresses, internal hosts, names that were not chosen.

It finds what can be found by form, in what was typed and in what a customer would read of it. It does not
judge what an answer says; the preview is for that.
"""

from shared.bridge.inner import as_read, inner_names, plain, stands_unchosen
from shared.bridge.messages import Reply
from shared.kernel.errors import FieldError


def findings(
    reply: Reply, html: str, *, internal_endings: tuple[str, ...], staff_name: str | None
) -> list[FieldError]:
    """Everything that must be changed before the answer may go out; `html` is made of its body. What was
    found is not repeated."""
    found, read = [], as_read(html)
    for pointer, typed, shown in (
        ("/body", reply.body, read),
        ("/public_name", reply.public_name, plain(reply.public_name)),
    ):
        found += [
            FieldError(pointer, f"bridge.{code}", f"{what} (character {at + 1})")
            for at, code, what, _ in sorted(inner_names(typed, internal_endings))
        ]
        known = {fault.code for fault in found if fault.pointer == pointer}
        hidden = {
            code: what
            for _, code, what, _ in inner_names(shown, internal_endings)
            if f"bridge.{code}" not in known
        }
        found += [
            FieldError(pointer, f"bridge.{code}", f"{what}, as it will be read")
            for code, what in hidden.items()
        ]
    if stands_unchosen(staff_name or "", reply.public_name, (reply.body, read)):
        detail = "Your own name stands here, but you did not choose to be seen with it"
        found.append(FieldError("/body", "bridge.staff_name", detail))
    return found
