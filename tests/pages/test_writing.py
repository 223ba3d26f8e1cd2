"""What is written through forms: taken once, shown, and never lost when it does not fit."""

import re

import pytest

from shared.web import markdown
from tests.pages.conftest import Visit
from tests.pages.visitor import Shown, Visitor
from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")


def topic_path(scene: Scene) -> str:
    return f"/t/{scene.topic['id']}/{scene.topic['slug']}"


def without_key(html: str) -> str:
    """The page without what differs each time it is drawn."""
    return re.sub(r'(name="once" value=)"[^"]*"', r"\1", html)


async def led_to(visitor: Visitor, sent: Shown) -> Shown:
    """The page after a form that was taken."""
    assert sent.status == 303, sent.html[:500]
    shown = await visitor.follow(sent.where.split("#")[0])
    assert shown.status == 200
    assert shown.outline().complaints() == []
    return shown


async def test_ask_and_answer(scene: Scene, visit: Visit) -> None:
    author, member = await visit("author"), await visit("member")
    slug = scene.topic["space"]["slug"]
    form = {
        "kind": "question",
        "title": "How  does it *work*?",
        "tags": "#One, two  one",
        "body": "**Well?**",
    }
    asked = await author.send(f"/s/{slug}/new", **form)
    page = await led_to(author, asked)
    assert page.says("How does it *work*?")
    assert "<strong>Well?</strong>" in page.html
    assert page.html.count('class="tag"') == 2
    topic = re.match(r"/t/([0-9a-f-]{36})/how-does-it-work$", asked.where)
    assert topic
    answered = await member.send(f"/topics/{topic[1]}/reply", body="Like `this`.")
    page = await led_to(member, answered)
    assert "<code>this</code>" in page.html
    assert page.says("1 answer")
    post = answered.where.removeprefix("/p/")
    assert f'id="p-{post}"' in page.html


async def test_what_does_not_fit_is_kept(scene: Scene, visit: Visit) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    typed = {"kind": "question", "title": "ab", "tags": "good b@d", "body": "Kept <words>"}
    shown = await author.send(f"/s/{slug}/new", **typed)
    assert shown.status == 422
    assert shown.outline().complaints() == []
    for words in (
        "It was not posted yet",
        "at least 3 characters",
        "Tags are lower-case",
        "Kept <words>",
        "b@d",
    ):
        assert shown.says(words), words
    assert 'aria-invalid="true"' in shown.html
    assert 'href="#f-title"' in shown.html


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/topics/{topic}/reply", "Your answer was not posted yet"),
        ("/p/{reply}/comments", "Your comment was not posted yet"),
        ("/p/{topic_post}/edit", "Your change was not saved yet"),
    ],
)
@pytest.mark.parametrize("body", ["", " \n\t ", "\x00\x01", "x" * 50_001])
async def test_empty_and_endless_texts(scene: Scene, visit: Visit, path: str, words: str, body: str) -> None:
    author = await visit("author")
    ids = {"topic": scene.topic["id"], "reply": scene.reply["id"], "topic_post": scene.topic["post"]["id"]}
    fields = {"title": "A title", "tags": "", "reason": ""} if "edit" in path else {}
    shown = await author.send(path.format(**ids), body=body, **fields)
    assert shown.status == 422
    assert shown.says(words)
    assert shown.outline().complaints() == []


async def test_preview_writes_nothing(scene: Scene, visit: Visit) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    ids = {"topic": scene.topic["id"], "reply": scene.reply["id"], "post": scene.topic["post"]["id"]}
    before = without_key((await author.see(topic_path(scene))).html)
    for path, more in (
        ("/topics/{topic}/reply", {}),
        ("/p/{reply}/comments", {}),
        ("/p/{post}/edit", {"title": "Other", "tags": "z", "reason": "r"}),
        (f"/s/{slug}/new", {"kind": "question", "title": "Previewed", "tags": "z"}),
    ):
        shown = await author.send(f"{path.format(**ids)}/preview", body="_Soft_ preview", **more)
        assert shown.status == 200, path
        assert "<em>Soft</em> preview" in shown.html
        assert "_Soft_ preview" in shown.html
        assert shown.outline().complaints() == [], path
    assert without_key((await author.see(topic_path(scene))).html) == before
    assert not (await author.see(f"/s/{slug}")).says("Previewed")


PREVIEWS = [
    "/topics/{topic}/reply/preview",
    "/p/{reply}/comments/preview",
    "/p/{post}/edit/preview",
    "/s/{slug}/new/preview",
]


@pytest.mark.parametrize("path", PREVIEWS)
async def test_a_preview_of_what_is_too_long_renders_nothing(
    scene: Scene, visit: Visit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    ids = {"topic": scene.topic["id"], "reply": scene.reply["id"], "post": scene.topic["post"]["id"]}
    rendered: list[str] = []

    def noted(source: str) -> str:
        rendered.append(source)
        return ""

    monkeypatch.setattr(markdown, "render", noted)
    body = "x" * 50_001
    shown = await author.send(path.format(slug=slug, **ids), body=body, title="A title", kind="question")
    assert shown.status == 422
    assert shown.says("50,000 characters at most")
    assert body in shown.html
    assert rendered == []


@pytest.mark.parametrize("path", PREVIEWS)
async def test_a_preview_holds_no_connection(
    scene: Scene, visit: Visit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    ids = {"topic": scene.topic["id"], "reply": scene.reply["id"], "post": scene.topic["post"]["id"]}
    database, render = author.house.app.state.edge.database, markdown.render
    held: list[int] = []

    def observed(source: str) -> str:
        held.append(database.pools()["write"][1])
        return render(source)

    monkeypatch.setattr(markdown, "render", observed)
    shown = await author.send(path.format(slug=slug, **ids), body="Seen", title="A title", kind="question")
    assert (shown.status, held) == (200, [0])


@pytest.mark.parametrize("path", PREVIEWS)
async def test_a_preview_is_asked_for_by_somebody_on_our_own_page(
    scene: Scene, visit: Visit, path: str
) -> None:
    guest, author, slug = await visit("guest"), await visit("author"), scene.topic["space"]["slug"]
    ids = {"topic": scene.topic["id"], "reply": scene.reply["id"], "post": scene.topic["post"]["id"]}
    where = path.format(slug=slug, **ids)
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await author.ask("POST", where, data={"body": "x"}, headers=foreign)).status == 403
    assert (await guest.send(where, body="x")).status in (303, 401, 404)


@pytest.mark.parametrize("which", ["reply", "post"])
async def test_an_edit_that_was_overtaken_loses_nothing(scene: Scene, visit: Visit, which: str) -> None:
    """Both texts are shown; saving again is meant."""
    author, moderator = await visit("author"), await visit("moderator")
    post = {"reply": scene.reply["id"], "post": scene.topic["post"]["id"]}[which]
    writer = await visit("member") if which == "reply" else author
    opened = (await writer.see(f"/p/{post}/edit")).html
    edits = re.search(r'name="edits" value="(\d+)"', opened)
    assert edits
    about = {"title": scene.topic["title"], "tags": "", "reason": ""}
    await led_to(moderator, await moderator.send(f"/p/{post}/edit", body="Mended <b>meanwhile</b>", **about))
    mine = about | {"body": "What I wrote for an hour", "edits": edits[1]}
    refused = await writer.send(f"/p/{post}/edit", **mine)
    assert refused.status == 422
    assert refused.outline().complaints() == []
    assert refused.says("What I wrote for an hour")
    assert refused.says("Mended <b>meanwhile</b>")
    assert (await writer.follow(f"/p/{post}")).says("meanwhile")
    again = re.search(r'name="edits" value="(\d+)"', refused.html)
    assert again
    assert int(again[1]) == int(edits[1]) + 1
    page = await led_to(writer, await writer.send(f"/p/{post}/edit", **(mine | {"edits": again[1]})))
    assert page.says("What I wrote for an hour")


async def test_a_preview_and_a_refusal_keep_what_the_editor_was_opened_with(
    scene: Scene, visit: Visit
) -> None:
    author, post = await visit("author"), scene.topic["post"]["id"]
    form = {"title": "A title", "tags": "", "reason": "", "edits": "0"}
    await led_to(author, await author.send(f"/p/{post}/edit", body="Once", **form))
    for path, body in ((f"/p/{post}/edit/preview", "Twice"), (f"/p/{post}/edit", "")):
        assert 'name="edits" value="0"' in (await author.send(path, body=body, **form)).html


async def test_a_reply_meanwhile_stands_in_nobodys_way(scene: Scene, visit: Visit) -> None:
    author, member = await visit("author"), await visit("member")
    post = scene.topic["post"]["id"]
    await led_to(member, await member.send(f"/topics/{scene.topic['id']}/reply", body="Meanwhile"))
    form = {"title": "A title", "tags": "", "reason": "", "edits": "0", "body": "Still mine"}
    assert (await led_to(author, await author.send(f"/p/{post}/edit", **form))).says("Still mine")


async def test_a_long_history_comes_in_pages(scene: Scene, visit: Visit) -> None:
    author, post = await visit("author"), scene.topic["post"]["id"]
    for number in range(1, 23):
        form = {"title": "A title", "tags": "", "reason": f"reason {number}.", "body": f"text {number}."}
        assert (await author.send(f"/p/{post}/edit", **form)).status == 303
    newest = await author.see(f"/p/{post}/history")
    assert newest.says("reason 22.")
    assert newest.says("reason 3.")
    assert not newest.says("reason 2.")
    assert not newest.says("wrote it.")
    (older,) = {link for link in newest.outline().links if "history?cursor=" in link}
    rest = await author.see(older)
    assert rest.says("reason 2.")
    assert rest.says("reason 1.")
    assert not rest.says("reason 3.")
    assert rest.says("wrote it.")
    assert rest.says("text 2.")
    assert not rest.says("text 22.")


async def test_comment_edit_and_history(scene: Scene, visit: Visit) -> None:
    author, member = await visit("author"), await visit("member")
    said = await author.send(f"/p/{scene.reply['id']}/comments", body="First words")
    page = await led_to(author, said)
    assert page.says("First words")
    post = said.where.removeprefix("/p/")
    changed = await author.send(f"/p/{post}/edit", body="Second words", reason="better")
    assert (await led_to(author, changed)).says("Second words")
    history = await member.see(f"/p/{post}/history")
    for words in ("First words", "Second words", "better", "Removed: ", "Added: "):
        assert history.says(words)
    assert (await member.send(f"/p/{post}/edit", body="Not mine", reason="")).status == 403


async def test_edit_the_topic(scene: Scene, visit: Visit) -> None:
    author = await visit("author")
    post, old = scene.topic["post"]["id"], topic_path(scene)
    sent = await author.send(
        f"/p/{post}/edit", title="Another title", tags="new", body="What is it?", reason=""
    )
    page = await led_to(author, sent)
    assert page.says("Another title")
    moved = await author.ask("GET", old)
    assert (moved.status, moved.where) == (301, f"/t/{scene.topic['id']}/another-title")
    history = await author.see(f"/p/{post}/history")
    assert history.says("A question of mine")
    assert history.says("The words stayed the same") is False


async def test_vote_accept_react(scene: Scene, visit: Visit) -> None:
    author, reply = await visit("author"), scene.reply["id"]
    for path, fields, expected in (
        (f"/p/{reply}/vote", {"vote": "1"}, 'value="0" aria-pressed="true" title="Vote up'),
        (f"/p/{reply}/vote", {"vote": "-1"}, 'value="0" aria-pressed="true" title="Vote down'),
        (f"/p/{reply}/accept", {}, "Accepted answer"),
        (f"/p/{reply}/react", {"reaction": "thanks"}, 'value="thanks" aria-pressed="true"'),
    ):
        assert expected not in (await author.see(topic_path(scene))).html
        page = await led_to(author, await author.send(path, **fields))
        assert expected in page.html, path
    for path, fields, gone in (
        (f"/p/{reply}/vote", {"vote": "0"}, 'value="0"'),
        (f"/p/{reply}/accept", {"accept": "false"}, "Accepted answer"),
        (f"/p/{reply}/react", {"reaction": "thanks"}, 'aria-pressed="true"'),
    ):
        page = await led_to(author, await author.send(path, **fields))
        assert gone not in page.html, path


async def test_small_forms_lead_back_to_where_one_was(scene: Scene, visit: Visit, house: object) -> None:
    author, reply = await visit("author"), scene.reply["id"]
    home = author.house.composition.public_url
    for referer, expected in (
        (f"{home}{topic_path(scene)}?cursor=x", f"{topic_path(scene)}?cursor=x#p-{reply}"),
        ("https://elsewhere.example/t/1", f"/p/{reply}#p-{reply}"),
        ("", f"/p/{reply}#p-{reply}"),
    ):
        headers = {"sec-fetch-site": "same-origin", "referer": referer}
        sent = await author.ask("POST", f"/p/{reply}/vote", data={"vote": "1"}, headers=headers)
        assert (sent.status, sent.where) == (303, expected)


async def test_close_and_reopen(scene: Scene, visit: Visit) -> None:
    moderator, member = await visit("moderator"), await visit("member")
    path = f"/topics/{scene.topic['id']}/close"
    assert (await member.send(path, closed="true")).status == 403
    assert (await led_to(moderator, await moderator.send(path, closed="true"))).says("This topic is closed")
    shown = await member.see(topic_path(scene))
    assert shown.says("nobody can add to it")
    assert "<textarea" not in shown.html
    assert (await member.send(f"/topics/{scene.topic['id']}/reply", body="Still?")).status == 403
    await led_to(moderator, await moderator.send(path, closed="false"))
    assert "<textarea" in (await member.see(topic_path(scene))).html


async def test_remove(scene: Scene, visit: Visit) -> None:
    member, moderator = await visit("member"), await visit("moderator")
    asked = await member.see(f"/p/{scene.reply['id']}/remove")
    assert asked.says("with the 1 comment on it")
    page = await led_to(member, await member.send(f"/p/{scene.reply['id']}/remove"))
    assert page.says("No answers yet")
    assert page.says("The post was removed")
    asked = await moderator.see(f"/topics/{scene.topic['id']}/remove")
    assert asked.says(scene.topic["title"])
    page = await led_to(moderator, await moderator.send(f"/topics/{scene.topic['id']}/remove"))
    assert page.says("The topic was removed")
    assert (await member.ask("GET", topic_path(scene))).status == 404


async def test_profile(scene: Scene, visit: Visit) -> None:
    member, author = await visit("member"), await visit("author")
    bio = "I know <pumps>.\n\nAsk me."
    await led_to(member, await member.send("/me", bio=bio, time_zone="Europe/Vienna"))
    assert (await author.see(f"/people/{member.id}")).says("I know <pumps>.")
    refused = await member.send("/me", bio="Kept", time_zone="Mars/Olympus")
    assert refused.status == 422
    assert refused.says("Kept")
    assert refused.says("Use a name such as Europe/Vienna")
    assert (await member.see("/me")).says("I know <pumps>.")


async def test_nothing_written_becomes_markup(scene: Scene, visit: Visit) -> None:
    """Titles, reasons, tags, words looked for: shown as they were typed, whatever they look like."""
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    evil = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
    asked = await author.send(f"/s/{slug}/new", kind="question", title=evil, tags="", body=evil)
    page = await led_to(author, asked)
    post = re.search(r"/p/([0-9a-f-]{36})/edit", page.html)
    assert post
    await author.send(f"/p/{post[1]}/edit", title=evil + "!", tags="", body=evil + "!", reason=evil)
    await author.send("/me", bio=evil, time_zone="UTC")
    for path in (
        asked.where,
        f"/p/{post[1]}/history",
        f"/p/{post[1]}/edit",
        f"/p/{post[1]}/comments",
        f"/s/{slug}",
        f"/s/{slug}?tag={evil[:30]}&kind={evil[:30]}",
        f"/people/{author.id}",
        "/me",
        f"/search?q={evil}",
        f"/?done={evil}",
    ):
        shown = await author.follow(path)
        assert shown.status == 200, path
        assert "<script>alert" not in shown.html, path
        assert "onerror=" not in shown.html.replace("onerror=alert(2)&gt;", ""), path


async def test_any_tag_can_be_saved_again(scene: Scene, visit: Visit) -> None:
    author, post = await visit("author"), scene.topic["post"]["id"]
    saved = await author.send(
        f"/p/{post}/edit", title="With tags", body="x", tags=".NET c++ Größe", reason=""
    )
    page = await led_to(author, saved)
    assert all(page.says(f">{tag}<") for tag in (".net", "c++", "größe"))
