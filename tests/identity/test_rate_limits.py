"""How much one may ask of identity's JSON APIs (api-conventions, "Limits")."""

import httpx
import pytest


@pytest.mark.parametrize("path", ["/scim/v2/Nothing", "/api/v1/nothing"])
async def test_every_answer_says_how_much_one_may_ask(raw: httpx.AsyncClient, path: str) -> None:
    left = []
    for _ in range(2):
        answer = await raw.get(path)
        assert answer.headers["ratelimit-policy"] == '"address";q=1200;w=60'
        left.append(int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]))
    assert left[0] - left[1] == 1


async def test_the_protocol_follows_its_own_rules(raw: httpx.AsyncClient) -> None:
    assert "ratelimit" not in (await raw.get("/.well-known/jwks.json")).headers
