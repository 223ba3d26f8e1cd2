"""What programs send to the endpoints of OAuth and OpenID Connect, well and badly."""

from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.driver import CRM_AUTH, CUSTOMER_AUTH, EMPLOYEE_AUTH, RFC7636_VERIFIER, basic
from tests.identity.fuzz import hostile
from tests.identity.fuzz.answers import check, check_oauth
from tests.identity.fuzz.stage import CLI, CLI_CALLBACK, Stage, kinds

CHALLENGE = b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CLIENTS = (CLI.encode(), b"customer-community", b"employee-community", b"demo-crm", b"nobody")
SECRETS = (b"c" * 43, b"e" * 43, b"d" * 43, b"wrong")
TOKEN_KINDS = tuple(
    f"urn:ietf:params:oauth:token-type:{kind}".encode() for kind in ("access_token", "jwt", "refresh_token")
)
GRANTS = (
    b"authorization_code",
    b"refresh_token",
    b"client_credentials",
    b"password",
    b"urn:ietf:params:oauth:grant-type:device_code",
    b"urn:ietf:params:oauth:grant-type:token-exchange",
)
ASSERTION_TYPE = b"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWTS = (
    b"a.b.c",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJuYXJyb3dicmlkZ2UtY2xpIiwic3ViIjoibmFycm93YnJpZGdlLWNsaSJ9.AA",
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOlsxXSwiYXVkIjp7fSwiZXhwIjoiTmFOIiwianRpIjoxfQ.AA",
    b"W10.W10.W10",
    b"bnVsbA.bnVsbA.bnVsbA",
    b"eyJhbGciOltdfQ.e30.AA",
)
CLIENT = (
    ("client_id", CLIENTS),
    ("client_secret", SECRETS),
    ("client_assertion_type", (ASSERTION_TYPE,)),
    ("client_assertion", JWTS),
)
RESOURCES = (b"http://localhost:8001", b"http://localhost:8002", b"http://localhost:8003")
QUESTION = (
    ("response_type", (b"code", b"code", b"code", b"token", b"code id_token")),
    ("client_id", CLIENTS),
    ("redirect_uri", (CLI_CALLBACK.encode(), b"http://localhost:8002/sign-in/callback")),
    ("scope", (b"openid community:read", b"openid profile offline_access")),
    ("state", (b"s", b"\xc3\xa9 &=#")),
    ("nonce", (b"n",)),
    ("code_challenge", (CHALLENGE,)),
    ("code_challenge_method", (b"S256", b"plain")),
    ("resource", RESOURCES),
    ("realm", (b"staff", b"customer")),
    ("prompt", (b"none", b"login", b"consent", b"none login")),
    ("max_age", (b"0", b"10000", b"-1")),
    ("claims", (b'{"userinfo":{"name":null}}', b'{"id_token":[]}', b'{"userinfo":{"name":{"values":[1]}}}')),
    ("response_mode", (b"query", b"form_post", b"fragment")),
    ("id_token_hint", JWTS),
    ("login_hint", (b"ana@outside.example",)),
    ("acr_values", (b"1 2",)),
    ("request", JWTS),
    ("request_uri", (b"urn:ietf:params:oauth:request_uri:x", b"https://rp.example/r")),
    ("dpop_jkt", (b"x" * 43,)),
)
TOKENS = (b"x" * 43, b"not.a.token", *JWTS)
ENDPOINTS = {
    "/oauth/token": (
        ("grant_type", GRANTS),
        ("code", (b"x" * 43,)),
        ("redirect_uri", (CLI_CALLBACK.encode(),)),
        ("code_verifier", (RFC7636_VERIFIER.encode(),)),
        ("refresh_token", (b"x" * 43,)),
        ("device_code", (b"x" * 43,)),
        ("scope", (b"bridge:read", b"openid")),
        ("resource", RESOURCES),
        ("audience", RESOURCES),
        ("subject_token", TOKENS),
        ("subject_token_type", TOKEN_KINDS),
        ("actor_token", TOKENS),
        ("actor_token_type", TOKEN_KINDS),
        ("requested_token_type", TOKEN_KINDS),
        *CLIENT,
    ),
    "/oauth/revoke": (("token", TOKENS), ("token_type_hint", (b"refresh_token", b"access_token")), *CLIENT),
    "/oauth/introspect": (("token", TOKENS), ("token_type_hint", (b"refresh_token",)), *CLIENT),
    "/oauth/device_authorization": (("scope", (b"openid",)), ("resource", RESOURCES), *CLIENT),
    "/oauth/par": (*QUESTION, *CLIENT[1:]),
    "/oauth/userinfo": (("access_token", TOKENS),),
}
SCHEMES = ("Basic", "Bearer", "DPoP", "basic", "Digest", "")
HEADER_TEXT = st.one_of(
    st.sampled_from([jwt.decode() for jwt in JWTS]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    st.text(st.characters(min_codepoint=161, max_codepoint=255), max_size=20),
)
AUTHORIZATIONS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *(each["Authorization"] for each in (CRM_AUTH, CUSTOMER_AUTH, EMPLOYEE_AUTH)),
            basic("demo-crm", "wrong")["Authorization"],
            basic("demo-crm\x00", "\x00")["Authorization"],
            "Basic /////w==",
            "Basic Og==",
            "Basic " + "A" * 20_000,
        ]
    ),
    st.builds(lambda scheme, text: f"{scheme} {text}", st.sampled_from(SCHEMES), HEADER_TEXT),
)
CHECKED = settings(max_examples=25, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
AT_LENGTH = settings(max_examples=500, **hostile.SETTINGS)  # type: ignore[arg-type] # the same


def ask(stage: Stage, data: st.DataObject) -> None:
    """A call of a program."""
    path = data.draw(st.sampled_from(sorted(ENDPOINTS)))
    body = hostile.encoded(data.draw(hostile.filled(ENDPOINTS[path])))
    headers = {"Content-Type": data.draw(hostile.TYPES)}
    for name, values in (("Authorization", AUTHORIZATIONS), ("DPoP", st.none() | HEADER_TEXT)):
        value = data.draw(values)
        if value is not None:
            headers[name] = value
    sent = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items() if value]
    check_oauth(stage.actor("nobody").http.post(path, content=body, headers=sent))


def open_page(stage: Stage, kind: str, data: st.DataObject) -> None:
    """An authorization or a logout request that a client sends with somebody's browser."""
    http = stage.actor(kind).http
    path, fields = data.draw(st.sampled_from(PAGES))
    pairs = [(name, value[:2_000]) for name, value in data.draw(hostile.filled(fields))]
    body = hostile.encoded(pairs)
    answer: httpx.Response
    if data.draw(st.booleans()):
        answer = http.get(f"{path}?{body.decode()}")
    else:
        answer = http.post(path, content=body, headers={"Content-Type": data.draw(hostile.TYPES)})
    check(answer, leads_to=(f"{CLI_CALLBACK}?", "http://localhost:8002/sign-in/callback?"))
    assert quote("elsewhere.example") not in answer.headers.get("location", "").partition("?")[0]


LOGOUT = (
    ("id_token_hint", JWTS),
    ("client_id", CLIENTS),
    ("post_logout_redirect_uri", (b"http://localhost:8002/",)),
    ("state", (b"s",)),
    ("logout_hint", (b"ana@outside.example",)),
)
PAGES = (("/oauth/authorize", QUESTION), ("/oauth/end-session", LOGOUT))


@given(data=st.data())
@CHECKED
def test_whatever_a_program_sends_the_answer_is_one_of_oauth(stage: Stage, data: st.DataObject) -> None:
    ask(stage, data)


@pytest.mark.slow
@given(data=st.data())
@AT_LENGTH
def test_whatever_a_program_sends_at_length(stage: Stage, data: st.DataObject) -> None:
    ask(stage, data)


@pytest.mark.parametrize("kind", kinds("administrator"))
@given(data=st.data())
@CHECKED
def test_whatever_a_client_asks_by_a_browser_it_leads_to_its_own_address(
    stage: Stage, kind: str, data: st.DataObject
) -> None:
    open_page(stage, kind, data)


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds("administrator"))
@given(data=st.data())
@AT_LENGTH
def test_whatever_a_client_asks_by_a_browser_at_length(stage: Stage, kind: str, data: st.DataObject) -> None:
    open_page(stage, kind, data)
