"""Links between questions, and the tags they bear."""

from sqlalchemy.dialects.postgresql import insert

from shared.tools.transfer.batches import batches
from shared.tools.transfer.models import TopicLink
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.records import LinkType, PostLink, Tag
from shared.tools.transfer.stackexchange.writing import ALREADY, GONE, Writing

_KINDS = {LinkType.LINKED: "linked", LinkType.DUPLICATE: "duplicate"}


async def write_tags(writing: Writing) -> None:
    """Tags are written on the topics that bear them; here they are only accounted for."""
    for batch in batches(writing.read(DumpFile.TAGS, Tag)):
        known = await writing.known.find("tag", [tag.id for tag in batch])
        fresh = [tag for tag in batch if tag.id not in known]
        for tag in fresh:
            writing.known.remember("tag", tag.id, None)
        await writing.known.flush()
        writing.report.imported(DumpFile.TAGS, len(fresh))
        writing.report.merged(DumpFile.TAGS, ALREADY, len(known))


async def write_links(writing: Writing) -> None:
    """Links between posts become links between their topics, each once."""
    for batch in batches(writing.read(DumpFile.POST_LINKS, PostLink)):
        known = await writing.known.find("link", [link.id for link in batch])
        writing.report.merged(DumpFile.POST_LINKS, ALREADY, len(known))
        await _write_batch(writing, [link for link in batch if link.id not in known])


async def _write_batch(writing: Writing, links: list[PostLink]) -> None:
    places = await writing.known.places({number for x in links for number in (x.post_id, x.related_post_id)})
    report = writing.report
    for link in links:
        source, target = places.get(link.post_id), places.get(link.related_post_id)
        if source is None or target is None:
            report.skipped(DumpFile.POST_LINKS, GONE)
        elif source.topic_id == target.topic_id:
            report.skipped(DumpFile.POST_LINKS, "it points at its own topic")
        else:
            added = await writing.session.execute(
                insert(TopicLink)
                .values(
                    topic_id=source.topic_id,
                    related_topic_id=target.topic_id,
                    kind=_KINDS[LinkType(link.type)],
                    created_at=link.created_at,
                )
                .on_conflict_do_nothing()
                .returning(TopicLink.topic_id)
            )
            writing.known.remember("link", link.id, None)
            if added.first() is None:
                report.merged(DumpFile.POST_LINKS, "the same link is there already")
            else:
                report.imported(DumpFile.POST_LINKS)
    await writing.known.flush()
