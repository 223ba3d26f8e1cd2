"""What the script `passkeys.js` is given."""

import json

from starlette.responses import JSONResponse, Response

from identity_service.factors.passkeys import Question


def question_answer(question: Question) -> Response:
    body = {"question": str(question.id), "options": json.loads(question.options)}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})
