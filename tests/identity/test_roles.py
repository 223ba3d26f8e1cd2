"""Who gave somebody a role: what was there before it was written down."""

import asyncio

import asyncpg
from alembic import command

from shared.db import migrations
from tests.fixtures.databases import World

BEFORE = """
insert into accounts (id, realm, email, email_key, name, roles, created_at, updated_at)
select gen_random_uuid(), 'staff', who, who, who, roles::text[], now(), now()
from (values ('ada', '{support,poet,admin}'), ('bob', '{support}'), ('eve', '{}')) as people (who, roles);
insert into groups (id, display_name, display_name_key, role, is_provisioned, created_at, updated_at)
values (gen_random_uuid(), 'Support', 'support', 'support', true, now(), now());
insert into group_members (group_id, account_id, joined_at)
select groups.id, accounts.id, now() from groups, accounts where email = 'ada';
insert into upstreams (id, kind, realm, title, issuer, client_id, token_endpoint_auth_method, scopes,
  email_domains, verified_claim, role_rules, provisions, admits_linking, trusts_mfa, is_enabled, created_at,
  updated_at)
values ('entra', 'oidc', 'staff', 'Entra', 'https://x.example', 'x', 'none', '{}', '{}', 'x', '[]', true,
  true, true, true, now(), now());
insert into upstream_identities (id, upstream_id, subject, account_id, shown, roles, linked_at, used_at)
select gen_random_uuid(), 'entra', 'ada', id, '', '{poet}', now(), now() from accounts where email = 'ada';
"""


async def test_what_neither_a_group_nor_a_provider_gave_was_given_by_hand(world: World) -> None:
    urls = await world.database("identity")
    history = migrations.config_for("identity_service", urls.owner)
    await asyncio.to_thread(command.downgrade, history, "0019")
    connection = await asyncpg.connect(urls.owner)
    await connection.execute(BEFORE)
    await asyncio.to_thread(migrations.upgrade, "identity_service", urls.owner)
    rows = await connection.fetch("select email, roles, given_roles from accounts order by email")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("ada", ["support", "poet", "admin"], ["admin"]),
        ("bob", ["support"], ["support"]),
        ("eve", [], []),
    ]
