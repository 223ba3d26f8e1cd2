"""the views that the bridge reads, what each role may do, and the first consumer

Each view has the columns of the manifest's message and `consumer` to choose by. Only live sharings are in
them: withdrawing, expiry and deletion take a thread away at once. `security_barrier` keeps a caller's own
conditions from looking at rows before they are filtered.
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LIVE = """
  FROM public.sharing_refs r
  JOIN public.sharings sh ON sh.id = r.sharing_id
   AND sh.withdrawn_at IS NULL AND (sh.until IS NULL OR sh.until > now())
  JOIN public.topics t ON t.id = sh.topic_id AND t.deleted_at IS NULL
"""

REPLIES = """
  p.deleted_at IS NULL AND NOT p.is_first AND NOT EXISTS (
    SELECT FROM public.posts parent WHERE parent.id = p.reply_to AND parent.deleted_at IS NOT NULL)
"""

THREADS = f"""
CREATE VIEW bridge_out.threads WITH (security_barrier) AS
SELECT r.consumer_id AS consumer,
       r.ref,
       t.version,
       t.kind,
       s.name AS space,
       t.title,
       f.body,
       t.tags,
       CASE WHEN t.closed_at IS NOT NULL THEN 'closed'
            WHEN q.accepted_post_id IS NOT NULL OR EXISTS (
              SELECT FROM public.posts p JOIN public.official_posts o ON o.post_id = p.id
               WHERE p.topic_id = t.id AND p.deleted_at IS NULL) THEN 'answered'
            ELSE 'open' END AS status,
       t.created_at,
       greatest(t.last_post_at, f.edited_at) AS updated_at,
       n.pseudonym AS author_pseudonym,
       CASE WHEN sh.name_consent THEN a.name END AS author_name,
       (SELECT count(*)::int FROM public.posts p
          JOIN public.posts accepted ON accepted.id = q.accepted_post_id AND accepted.deleted_at IS NULL
         WHERE p.topic_id = t.id AND {REPLIES}
           AND (p.created_at, p.id) <= (accepted.created_at, accepted.id)) AS accepted_answer,
       t.reply_count AS replies,
       f.score AS votes,
       sh.purpose,
       sh.audience,
       sh.reason,
       sh.shared_at,
       sh.until
{LIVE}
  JOIN public.spaces s ON s.id = t.space_id
  JOIN public.posts f ON f.topic_id = t.id AND f.is_first
  JOIN public.sharing_pseudonyms n ON n.consumer_id = r.consumer_id AND n.person_id = t.author_id
  JOIN public.people a ON a.id = t.author_id
  LEFT JOIN public.questions q ON q.topic_id = t.id
"""

POSTS = f"""
CREATE VIEW bridge_out.posts WITH (security_barrier) AS
SELECT r.consumer_id AS consumer,
       r.ref AS thread_ref,
       (row_number() OVER (PARTITION BY r.ref ORDER BY p.created_at, p.id))::int AS number,
       p.body,
       CASE WHEN o.post_id IS NOT NULL THEN 'official'
            WHEN p.author_id = t.author_id THEN 'author'
            ELSE 'member' END AS role,
       p.created_at
{LIVE}
  JOIN public.posts p ON p.topic_id = t.id AND {REPLIES}
  LEFT JOIN public.official_posts o ON o.post_id = p.id
"""

CONSUMERS = """
CREATE VIEW bridge_out.consumers WITH (security_barrier) AS
SELECT c.id AS consumer, c.client_id, c.purposes, c.audiences, c.acknowledged,
       EXISTS (SELECT FROM public.bridge_closings) AS closed,
       EXISTS (SELECT FROM public.bridge_changes g
                WHERE g.consumer_id = c.id AND g.number > c.acknowledged AND g.purge_by < now()) AS overdue
  FROM public.bridge_consumers c
"""

CHANGES = """
CREATE VIEW bridge_out.changes WITH (security_barrier) AS
SELECT g.consumer_id AS consumer, g.number AS position, g.type, g.ref, g.version, g.at, g.purge_by
  FROM public.bridge_changes g
"""

LEDGER = """
CREATE VIEW bridge_out.ledger WITH (security_barrier) AS
SELECT l.consumer_id AS consumer, l.number, l.crossing_id, l.at, l.direction, l.message, l.digest, l.client,
       l.subject, l.purpose,
       ARRAY(SELECT x.ref FROM public.bridge_ledger_refs x
              WHERE x.crossing_id = l.crossing_id ORDER BY x.position) AS refs,
       l.hash
  FROM public.bridge_ledger l
"""

RECEIPTS = """
CREATE VIEW bridge_out.receipts WITH (security_barrier) AS
SELECT m.consumer_id AS consumer, m.key, m.ref, m.thread_ref, m.digest, m.crossing_id
  FROM bridge_in.messages m
"""

VIEWS = (THREADS, POSTS, CONSUMERS, CHANGES, LEDGER, RECEIPTS)
INSERT_ONLY = ('bridge_changes', 'bridge_ledger', 'bridge_ledger_refs')


def upgrade() -> None:
    owner, app, bridge = roles()
    op.execute('CREATE SCHEMA bridge_out')
    for view in VIEWS:
        op.execute(view)
    for table in INSERT_ONLY:
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON public.{table} FROM {app}')
    op.execute(f'GRANT USAGE ON SCHEMA bridge_in TO {app}, {bridge}')
    op.execute(f'REVOKE INSERT, UPDATE, TRUNCATE ON bridge_in.ledger FROM {app}')
    op.execute(f'REVOKE INSERT, DELETE, TRUNCATE ON bridge_in.messages FROM {app}')
    op.execute(f'GRANT INSERT ON bridge_in.ledger, bridge_in.messages TO {bridge}')
    op.execute(f'REVOKE ALL ON ALL TABLES IN SCHEMA bridge_out FROM {app}')
    op.execute(f'GRANT USAGE ON SCHEMA bridge_out TO {bridge}')
    op.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA bridge_out TO {bridge}')
    op.execute("""
        INSERT INTO public.bridge_consumers (id, client_id, name, audiences, purposes, registered_at)
        VALUES ('00000000-0000-7000-8000-000000000010', 'employee-community', 'Customer-facing staff',
                '{staff,systems}', '{support,product,story,advisory}', now())
    """)


def downgrade() -> None:
    op.execute('DROP SCHEMA bridge_out CASCADE')


def roles() -> tuple[str, str, str]:
    """The three roles of this database, named after its owner: <name>_owner, <name>_app, <name>_bridge."""
    connection = op.get_bind()
    owner = connection.scalar(sa.text('SELECT current_user'))
    name = owner.removesuffix('_owner')
    found = connection.scalars(
        sa.text('SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)'),
        {'names': [f'{name}_app', f'{name}_bridge']},
    ).all()
    if name == owner or len(found) != 2:
        raise RuntimeError(
            f'Migrations run as <name>_owner beside the roles <name>_app and <name>_bridge; this is {owner}. '
            'Run the bootstrap command first.'
        )
    return owner, f'"{name}_app"', f'"{name}_bridge"'
