"""How imported content shows itself: its source beside each post, and the topics it points at."""

from sqlalchemy import func, select

from shared.tools.topics.kinds import Extension, Panel
from shared.tools.topics.models import Post
from shared.tools.transfer.models import PostAttribution

SOURCE = Extension(
    name="source",
    post_column=select(
        func.jsonb_build_object(
            "site",
            PostAttribution.site,
            "url",
            PostAttribution.source_url,
            "author_name",
            PostAttribution.author_name,
            "author_url",
            PostAttribution.author_url,
            "licence",
            PostAttribution.licence,
            "score",
            PostAttribution.imported_score,
        )
    )
    .where(PostAttribution.post_id == Post.id)
    .correlate(Post)
    .scalar_subquery(),
)
"""`post.extensions.source`, on imported posts only; `transfer/source.html` shows it as a line."""

SOURCE_LINE = Panel("source", "transfer/under_post.html", slot="post")
