"""content core"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('groups',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_groups')),
    sa.UniqueConstraint('role', name=op.f('uq_groups_role')),
    sa.UniqueConstraint('slug', name=op.f('uq_groups_slug'))
    )
    op.create_table('idempotency_keys',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('request_digest', sa.Text(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotency_keys'))
    )
    op.create_index(op.f('ix_idempotency_keys_created_at'), 'idempotency_keys', ['created_at'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('available_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_available', 'outbox', ['available_at', 'id'], unique=False)
    op.create_table('people',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sub', sa.Text(), nullable=True),
    sa.Column('realm', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('bio', sa.Text(), server_default='', nullable=False),
    sa.Column('roles', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('synthetic', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('time_zone', sa.Text(), server_default='UTC', nullable=False),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
    sa.UniqueConstraint('sub', name=op.f('uq_people_sub'))
    )
    op.create_table('group_members',
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('joined_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_group_members_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_group_members_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'person_id', name=op.f('pk_group_members'))
    )
    op.create_index('ix_group_members_person', 'group_members', ['person_id'], unique=False)
    op.create_table('spaces',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('goal', sa.Text(), server_default='', nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('kinds', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('topic_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['people.id'], name=op.f('fk_spaces_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spaces')),
    sa.UniqueConstraint('slug', name=op.f('uq_spaces_slug'))
    )
    op.create_table('web_sessions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('identity_sid', sa.Text(), nullable=True),
    sa.Column('tokens', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('refreshed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('tokens_expire_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_web_sessions_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_web_sessions'))
    )
    op.create_index(op.f('ix_web_sessions_identity_sid'), 'web_sessions', ['identity_sid'], unique=False)
    op.create_index(op.f('ix_web_sessions_person_id'), 'web_sessions', ['person_id'], unique=False)
    op.create_table('space_grants',
    sa.Column('space_id', sa.Uuid(), nullable=False),
    sa.Column('group_id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('level in (10, 20, 30, 40, 50)', name=op.f('ck_space_grants_level_is_known')),
    sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_space_grants_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_space_grants_space_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('space_id', 'group_id', name=op.f('pk_space_grants'))
    )
    op.create_index('ix_space_grants_group', 'space_grants', ['group_id'], unique=False)
    op.create_table('topics',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('space_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('tags', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_post_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('reply_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('closed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("setweight(to_tsvector('english', title), 'A')", persisted=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_topics_author_id')),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_topics_space_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topics'))
    )
    op.create_index('ix_topics_active', 'topics', ['last_post_at', 'id'], unique=False, postgresql_where=sa.text('deleted_at is null'))
    op.create_index(op.f('ix_topics_author_id'), 'topics', ['author_id'], unique=False)
    op.create_index('ix_topics_search', 'topics', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_topics_space_active', 'topics', ['space_id', 'last_post_at', 'id'], unique=False, postgresql_where=sa.text('deleted_at is null'))
    op.create_index('ix_topics_tags', 'topics', ['tags'], unique=False, postgresql_using='gin')
    op.create_table('posts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('reply_to', sa.Uuid(), nullable=True),
    sa.Column('is_first', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('edited_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('edit_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('deleted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('score', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('comment_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('reactions', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('english', body)", persisted=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_posts_author_id')),
    sa.ForeignKeyConstraint(['reply_to'], ['posts.id'], name=op.f('fk_posts_reply_to')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_posts_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index(op.f('ix_posts_author_id'), 'posts', ['author_id'], unique=False)
    op.create_index('ix_posts_comments', 'posts', ['reply_to', 'created_at', 'id'], unique=False, postgresql_where=sa.text('reply_to is not null'))
    op.create_index('ix_posts_search', 'posts', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_posts_topic', 'posts', ['topic_id', 'created_at', 'id'], unique=False, postgresql_where=sa.text('reply_to is null'))
    op.create_index('uq_posts_first', 'posts', ['topic_id'], unique=True, postgresql_where=sa.text('is_first'))
    op.create_table('post_revisions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('editor_id', sa.Uuid(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=True),
    sa.Column('tags', sa.ARRAY(sa.Text()), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['editor_id'], ['people.id'], name=op.f('fk_post_revisions_editor_id')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_post_revisions_post_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_revisions'))
    )
    op.create_index('uq_post_revisions_number', 'post_revisions', ['post_id', 'number'], unique=True)
    op.create_table('questions',
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('accepted_post_id', sa.Uuid(), nullable=True),
    sa.Column('accepted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('accepted_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['accepted_by'], ['people.id'], name=op.f('fk_questions_accepted_by')),
    sa.ForeignKeyConstraint(['accepted_post_id'], ['posts.id'], name=op.f('fk_questions_accepted_post_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_questions_topic_id')),
    sa.PrimaryKeyConstraint('topic_id', name=op.f('pk_questions'))
    )
    op.create_table('reactions',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_reactions_person_id')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_reactions_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'person_id', 'name', name=op.f('pk_reactions'))
    )
    op.create_index('ix_reactions_person', 'reactions', ['person_id'], unique=False)
    op.create_table('votes',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('value', sa.SmallInteger(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('value in (-1, 1)', name=op.f('ck_votes_value_is_a_vote')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_votes_person_id')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_votes_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', 'person_id', name=op.f('pk_votes'))
    )
    op.create_index('ix_votes_person', 'votes', ['person_id'], unique=False)
    _notify_of_outbox()
    _built_in_groups()


def _notify_of_outbox() -> None:
    op.execute(
        '''
        CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('narrowbridge_outbox', '');
            RETURN NULL;
        END $$
        '''
    )
    op.execute(
        "CREATE TRIGGER outbox_appended AFTER INSERT ON outbox "
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox()"
    )


def _built_in_groups() -> None:
    op.execute(
        '''
        INSERT INTO groups (id, slug, name, role, created_at) VALUES
        ('00000000-0000-7000-8000-000000000001', 'anyone', 'Everyone on the internet', NULL, now()),
        ('00000000-0000-7000-8000-000000000002', 'members', 'All members', NULL, now()),
        ('00000000-0000-7000-8000-000000000003', 'managers', 'Community managers', 'community_manager', now())
        '''
    )


def downgrade() -> None:
    op.execute('DROP TRIGGER outbox_appended ON outbox')
    op.execute('DROP FUNCTION notify_outbox')
    op.drop_index('ix_votes_person', table_name='votes')
    op.drop_table('votes')
    op.drop_index('ix_reactions_person', table_name='reactions')
    op.drop_table('reactions')
    op.drop_table('questions')
    op.drop_index('uq_post_revisions_number', table_name='post_revisions')
    op.drop_table('post_revisions')
    op.drop_index('uq_posts_first', table_name='posts', postgresql_where=sa.text('is_first'))
    op.drop_index('ix_posts_topic', table_name='posts', postgresql_where=sa.text('reply_to is null'))
    op.drop_index('ix_posts_search', table_name='posts', postgresql_using='gin')
    op.drop_index('ix_posts_comments', table_name='posts', postgresql_where=sa.text('reply_to is not null'))
    op.drop_index(op.f('ix_posts_author_id'), table_name='posts')
    op.drop_table('posts')
    op.drop_index('ix_topics_tags', table_name='topics', postgresql_using='gin')
    op.drop_index('ix_topics_space_active', table_name='topics', postgresql_where=sa.text('deleted_at is null'))
    op.drop_index('ix_topics_search', table_name='topics', postgresql_using='gin')
    op.drop_index(op.f('ix_topics_author_id'), table_name='topics')
    op.drop_index('ix_topics_active', table_name='topics', postgresql_where=sa.text('deleted_at is null'))
    op.drop_table('topics')
    op.drop_index('ix_space_grants_group', table_name='space_grants')
    op.drop_table('space_grants')
    op.drop_index(op.f('ix_web_sessions_person_id'), table_name='web_sessions')
    op.drop_index(op.f('ix_web_sessions_identity_sid'), table_name='web_sessions')
    op.drop_table('web_sessions')
    op.drop_table('spaces')
    op.drop_index('ix_group_members_person', table_name='group_members')
    op.drop_table('group_members')
    op.drop_table('people')
    op.drop_index('ix_outbox_available', table_name='outbox')
    op.drop_table('outbox')
    op.drop_index(op.f('ix_idempotency_keys_created_at'), table_name='idempotency_keys')
    op.drop_table('idempotency_keys')
    op.drop_table('groups')
