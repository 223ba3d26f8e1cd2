"""Comments become posts that answer a post, one level deep."""

from typing import Any

from shared.kernel.ids import new_id
from shared.tools.topics.models import Post as LocalPost
from shared.tools.transfer.batches import batches
from shared.tools.transfer.known import Place, insert_rows
from shared.tools.transfer.models import PostAttribution
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.convert import comment_attribution, markdown_of_comment
from shared.tools.transfer.stackexchange.records import Comment
from shared.tools.transfer.stackexchange.write_posts import attribution_row
from shared.tools.transfer.stackexchange.writing import ALREADY, GONE, Authors, Writing
from shared.web.markdown import render


async def write_comments(writing: Writing) -> None:
    """Each comment once, on the post it was made on."""
    for batch in batches(writing.read(DumpFile.COMMENTS, Comment)):
        known = await writing.known.find("comment", [comment.id for comment in batch])
        writing.report.merged(DumpFile.COMMENTS, ALREADY, len(known))
        await _write_batch(writing, [comment for comment in batch if comment.id not in known])


async def _write_batch(writing: Writing, comments: list[Comment]) -> None:
    places = await writing.known.places({comment.post_id for comment in comments})
    authors = await writing.authors(comment.user_id for comment in comments)
    posts: list[dict[str, Any]] = []
    attributions: list[dict[str, Any]] = []
    for comment in comments:
        place = places.get(comment.post_id)
        if place is None:
            writing.report.skipped(DumpFile.COMMENTS, GONE)
            continue
        row = _post(comment, place, authors)
        given = comment_attribution(
            writing.site, comment, writing.author_name(comment.user_id), on_question=place.is_first
        )
        posts.append(row)
        attributions.append(attribution_row(writing, row["id"], comment.score, given))
        writing.known.remember("comment", comment.id, row["id"])
        writing.touched.add(place.topic_id)
    await insert_rows(writing.session, LocalPost, posts)
    await insert_rows(writing.session, PostAttribution, attributions)
    await writing.known.flush()
    writing.report.imported(DumpFile.COMMENTS, len(posts))


def _post(comment: Comment, place: Place, authors: Authors) -> dict[str, Any]:
    body = markdown_of_comment(comment.text)
    return {
        "id": new_id(),
        "topic_id": place.topic_id,
        "reply_to": place.post_id,
        "is_first": False,
        "author_id": authors.of(comment.user_id),
        "body": body,
        "html": render(body),
        "created_at": comment.created_at,
        "edited_at": None,
        "edit_count": 0,
        "score": comment.score,
    }
