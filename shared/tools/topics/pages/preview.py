"""What a text will look like: a form that changes nothing, so no transaction is open while it is drawn."""

from typing import Any

from shared.kernel.errors import Invalid
from shared.kernel.text import clean_text
from shared.tools.topics.schemas import TextPreview
from shared.web.forms import Refusal, read
from shared.web.markdown import render_apart


async def previewed(body: str, *, id: str) -> dict[str, Any]:
    """What the page of the form shows: the text with its HTML, or (422) why it does not fit, in which case
    nothing was rendered. `id` is that of the text's field."""
    try:
        text = read(TextPreview, body=body)
    except Invalid as problem:
        return {
            "body": body,
            "refused": Refusal(problem, ids={"body": id}, labels={"body": "Text"}),
            "status": 422,
        }
    return {"body": body, "preview_html": await render_apart(clean_text(text.body))}
