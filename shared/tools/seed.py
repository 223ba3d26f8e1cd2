"""Fills an empty community from a TOML file, through the same use cases that people's clicks go through."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.context import Context
from shared.db.query import writer_of
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.clock import MemoryClock
from shared.kernel.ids import new_id
from shared.kernel.paging import CursorCodec
from shared.tools.people.models import Person
from shared.tools.people.service import provision
from shared.tools.questions.service import QuestionService
from shared.tools.spaces.groups import MANAGERS
from shared.tools.spaces.models import Space
from shared.tools.spaces.permissions import MANAGER_ROLE
from shared.tools.spaces.schemas import GrantPut, GrantsPut, SpaceCreate, SpaceView
from shared.tools.spaces.service import SpaceService, SpacesPolicy
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.schemas import PostCreate, PostView, TopicCreate, TopicView
from shared.tools.topics.service import TopicService

BUILT_IN = {"anyone": ANYONE, "members": MEMBERS}


class Seed:
    """Writes a community's first content. Everybody acts under their own name, at times in the past."""

    def __init__(
        self, session: AsyncSession, catalog: Catalog, policy: SpacesPolicy, *, now: datetime
    ) -> None:
        self.session = session
        self.catalog = catalog
        self.policy = policy
        self.now = now
        self.actors: dict[str, Actor] = {}
        self.spaces: dict[str, SpaceView] = {}
        self._cursors = CursorCodec("never handed out")

    def context(self, who: str, at: datetime) -> Context:
        """What a use case works with when `who` (an e-mail address or a key of the file) acts at `at`."""
        return Context(
            self.actors[who],
            writer_of(self.session),
            MemoryClock(at),
            self._cursors,
            "seed",
            self.session,
        )

    async def is_empty(self) -> bool:
        return not await self.session.scalar(select(func.count()).select_from(Space))

    async def people(self, accounts: Iterable[Mapping[str, Any]], extras: Mapping[str, str]) -> None:
        """`accounts` of identity (sub, realm, name, roles, email); `extras` are authors without one."""
        for account in accounts:
            person_id = await provision(
                self.session,
                MemoryClock(self.now - timedelta(days=90)),
                sub=account["sub"],
                realm=account["realm"],
                name=account["name"],
                roles=sorted(account.get("roles", [])),
            )
            roles = frozenset(account.get("roles", []))
            groups = (ANYONE, MEMBERS, *((MANAGERS,) if MANAGER_ROLE in roles else ()))
            self.actors[account["email"]] = Actor(person_id, account["name"], roles, groups)
        at = self.now - timedelta(days=90)
        for key, name in extras.items():
            person_id = new_id()
            await self.session.execute(
                insert(Person).values(id=person_id, name=name, created_at=at, updated_at=at)
            )
            self.actors[key] = Actor(person_id, name, groups=(ANYONE, MEMBERS))

    async def space(self, who: str, wanted: Mapping[str, Any]) -> None:
        service = SpaceService(self.context(who, self.now - timedelta(days=80)), self.policy)
        fields = {k: v for k, v in wanted.items() if k in SpaceCreate.model_fields}
        space = await service.create(SpaceCreate(**fields))
        grants = [GrantPut(group=BUILT_IN[g], level=level) for g, level in wanted["grants"].items()]
        await service.put_grants(space.id, GrantsPut(grants=grants), version=space.version)
        self.spaces[space.slug] = space

    async def topic(self, wanted: Mapping[str, Any]) -> TopicView:
        at = self.now - timedelta(days=wanted["days_ago"])
        service = TopicService(self.context(wanted["author"], at), self.catalog)
        topic = await service.start(
            TopicCreate(
                space=self.spaces[wanted["space"]].id,
                kind=wanted["kind"],
                title=wanted["title"],
                body=wanted["body"],
                tags=wanted.get("tags", []),
            )
        )
        await self._around(topic.post.id, topic.id, wanted, at)
        for reply in wanted.get("replies", []):
            await self._reply(topic, wanted["author"], reply, at)
        return topic

    async def _reply(
        self, topic: TopicView, asker: str, wanted: Mapping[str, Any], started: datetime
    ) -> None:
        at = started + timedelta(hours=wanted["hours_after"])
        post = await self._say(topic.id, wanted, at, reply_to=None)
        await self._around(post.id, topic.id, wanted, at)
        if wanted.get("accepted"):
            context = self.context(asker, at + timedelta(hours=1))
            await QuestionService(context, self.catalog).accept(topic.id, post.id)

    async def _around(self, post: UUID, topic: UUID, wanted: Mapping[str, Any], at: datetime) -> None:
        """Comments, votes and reactions on one post."""
        for n, comment in enumerate(wanted.get("comments", []), 1):
            await self._say(topic, comment, at + timedelta(minutes=17 * n), reply_to=post)
        for voter in wanted.get("votes", []):
            await QuestionService(self.context(voter, at), self.catalog).vote(post, 1)
        for person, name in wanted.get("reactions", {}).items():
            await TopicService(self.context(person, at), self.catalog).react(post, name)

    async def _say(
        self, topic: UUID, wanted: Mapping[str, Any], at: datetime, *, reply_to: UUID | None
    ) -> PostView:
        service = TopicService(self.context(wanted["author"], at), self.catalog)
        return await service.reply(topic, PostCreate(body=wanted["body"], reply_to=reply_to))


async def fill(seed: Seed, content: Mapping[str, Any], accounts: list[Mapping[str, Any]]) -> bool:
    """Writes `content` (of a TOML file) unless there is any content yet. Returns whether it did."""
    if not await seed.is_empty():
        return False
    await seed.people(accounts, content.get("people", {}))
    manager = next(who for who, actor in seed.actors.items() if actor.has_role(MANAGER_ROLE))
    for space in content["spaces"]:
        await seed.space(manager, space)
    for topic in sorted(content["topics"], key=lambda t: -t["days_ago"]):
        await seed.topic(topic)
    return True
