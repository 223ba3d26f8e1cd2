"""Parts made by hand escape whatever people wrote."""

from datetime import UTC, datetime

from markupsafe import Markup

from shared.web.leaves import ago, avatar, byline, icon_from, post_article

HOSTILE = '"><script>alert(1)</script>'
NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)


def test_nothing_that_people_write_becomes_markup() -> None:
    author = {"name": HOSTILE, "id": HOSTILE, "url": HOSTILE, "note": HOSTILE, "picture": HOSTILE}
    parts = [
        icon_from("/static/icons.svg")(HOSTILE, HOSTILE),
        avatar(HOSTILE, HOSTILE, HOSTILE),
        byline(author),
        post_article(HOSTILE, author, NOW, "<p>ours</p>", NOW, NOW, HOSTILE, url=HOSTILE, over=HOSTILE),
        post_article("p", author, NOW, "", official=HOSTILE, accepted=HOSTILE, rail=HOSTILE, inner=HOSTILE),
    ]
    for part in parts:
        assert isinstance(part, Markup)
        assert "<script" not in part
        assert '""' not in part.replace('id=""', "").replace('alt=""', "")


def test_a_post_keeps_its_rendered_text_and_its_parts_as_they_are() -> None:
    drawn = post_article("p-1", {"name": "Ana"}, NOW, "<p>Hello</p>", NOW, inner=Markup("<b>more</b>"))
    assert '<div class="prose"><p>Hello</p></div>' in drawn
    assert "<footer><b>more</b></footer>" in drawn
    assert "edited" not in drawn


def test_a_time_says_how_long_ago_and_the_full_date() -> None:
    said = ago(NOW, NOW.replace(hour=16, minute=30))
    assert "2 hours ago" in said
    assert 'title="4 March 2026, 14:05 UTC"' in said
    assert ">4 March 2026, 14:05 UTC<" in ago(NOW)
