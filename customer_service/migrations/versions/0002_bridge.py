"""sharings, the change feed, the ledger and the inbox of the bridge"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('CREATE SCHEMA bridge_in')
    op.create_table('bridge_changes_pending',
    sa.Column('arrival', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('sharing_id', sa.Uuid(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('purge_by', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('arrival', name=op.f('pk_bridge_changes_pending'))
    )
    op.create_table('bridge_consumers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('purposes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('acknowledged', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('registered_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bridge_consumers')),
    sa.UniqueConstraint('client_id', name=op.f('uq_bridge_consumers_client_id'))
    )
    op.create_table('ledger',
    sa.Column('arrival', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('client', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('refs', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('arrival', name=op.f('pk_ledger')),
    sa.UniqueConstraint('crossing_id', name=op.f('uq_ledger_crossing_id')),
    schema='bridge_in'
    )
    op.create_table('messages',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('thread_ref', sa.Text(), nullable=True),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('arrived_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('applied_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    schema='bridge_in'
    )
    op.create_index('ix_messages_waiting', 'messages', ['arrived_at'], unique=False, schema='bridge_in', postgresql_where=sa.text('applied_at is null'))
    op.create_index('uq_messages_key', 'messages', ['consumer_id', 'key'], unique=True, schema='bridge_in')
    op.create_table('bridge_closings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('closed_by', sa.Uuid(), nullable=False),
    sa.Column('closed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['closed_by'], ['people.id'], name=op.f('fk_bridge_closings_closed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bridge_closings'))
    )
    op.create_table('bridge_ledger',
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('client', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['consumer_id'], ['bridge_consumers.id'], name=op.f('fk_bridge_ledger_consumer_id')),
    sa.PrimaryKeyConstraint('consumer_id', 'number', name=op.f('pk_bridge_ledger')),
    sa.UniqueConstraint('crossing_id', name=op.f('uq_bridge_ledger_crossing_id'))
    )
    op.create_table('official_voices',
    sa.Column('public_name', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_official_voices_person_id')),
    sa.PrimaryKeyConstraint('public_name', name=op.f('pk_official_voices')),
    sa.UniqueConstraint('person_id', name=op.f('uq_official_voices_person_id'))
    )
    op.create_table('sharing_pseudonyms',
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('pseudonym', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['consumer_id'], ['bridge_consumers.id'], name=op.f('fk_sharing_pseudonyms_consumer_id')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_sharing_pseudonyms_person_id')),
    sa.PrimaryKeyConstraint('consumer_id', 'person_id', name=op.f('pk_sharing_pseudonyms')),
    sa.UniqueConstraint('pseudonym', name=op.f('uq_sharing_pseudonyms_pseudonym'))
    )
    op.create_table('bridge_ledger_refs',
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['crossing_id'], ['bridge_ledger.crossing_id'], name=op.f('fk_bridge_ledger_refs_crossing_id')),
    sa.PrimaryKeyConstraint('crossing_id', 'position', name=op.f('pk_bridge_ledger_refs'))
    )
    op.create_index(op.f('ix_bridge_ledger_refs_ref'), 'bridge_ledger_refs', ['ref'], unique=False)
    op.create_table('sharing_spaces',
    sa.Column('space_id', sa.Uuid(), nullable=False),
    sa.Column('allowed_by', sa.Uuid(), nullable=True),
    sa.Column('allowed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['allowed_by'], ['people.id'], name=op.f('fk_sharing_spaces_allowed_by')),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_sharing_spaces_space_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('space_id', name=op.f('pk_sharing_spaces'))
    )
    op.create_table('sharings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('name_consent', sa.Boolean(), nullable=False),
    sa.Column('shared_by', sa.Uuid(), nullable=False),
    sa.Column('shared_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_why', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['shared_by'], ['people.id'], name=op.f('fk_sharings_shared_by')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_sharings_topic_id')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['people.id'], name=op.f('fk_sharings_withdrawn_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sharings'))
    )
    op.create_index('ix_sharings_topic', 'sharings', ['topic_id', 'shared_at'], unique=False)
    op.create_index('uq_sharings_live', 'sharings', ['topic_id'], unique=True, postgresql_where=sa.text('withdrawn_at is null'))
    op.create_table('bridge_changes',
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sharing_id', sa.Uuid(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('purge_by', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['consumer_id'], ['bridge_consumers.id'], name=op.f('fk_bridge_changes_consumer_id')),
    sa.ForeignKeyConstraint(['sharing_id'], ['sharings.id'], name=op.f('fk_bridge_changes_sharing_id')),
    sa.PrimaryKeyConstraint('consumer_id', 'number', name=op.f('pk_bridge_changes'))
    )
    op.create_index('ix_bridge_changes_purges', 'bridge_changes', ['consumer_id', 'purge_by'], unique=False, postgresql_where=sa.text('purge_by is not null'))
    op.create_index(op.f('ix_bridge_changes_sharing_id'), 'bridge_changes', ['sharing_id'], unique=False)
    op.create_table('official_posts',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=False),
    sa.Column('public_name', sa.Text(), nullable=False),
    sa.Column('posted_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_official_posts_post_id')),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_official_posts')),
    sa.UniqueConstraint('message_id', name=op.f('uq_official_posts_message_id'))
    )
    op.create_table('sharing_refs',
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('sharing_id', sa.Uuid(), nullable=False),
    sa.Column('consumer_id', sa.Uuid(), nullable=False),
    sa.Column('read_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_read_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['consumer_id'], ['bridge_consumers.id'], name=op.f('fk_sharing_refs_consumer_id')),
    sa.ForeignKeyConstraint(['sharing_id'], ['sharings.id'], name=op.f('fk_sharing_refs_sharing_id')),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_sharing_refs'))
    )
    op.create_index('uq_sharing_refs_consumer', 'sharing_refs', ['sharing_id', 'consumer_id'], unique=True)


def downgrade() -> None:
    op.drop_index('uq_sharing_refs_consumer', table_name='sharing_refs')
    op.drop_table('sharing_refs')
    op.drop_table('official_posts')
    op.drop_index(op.f('ix_bridge_changes_sharing_id'), table_name='bridge_changes')
    op.drop_index('ix_bridge_changes_purges', table_name='bridge_changes', postgresql_where=sa.text('purge_by is not null'))
    op.drop_table('bridge_changes')
    op.drop_index('uq_sharings_live', table_name='sharings', postgresql_where=sa.text('withdrawn_at is null'))
    op.drop_index('ix_sharings_topic', table_name='sharings')
    op.drop_table('sharings')
    op.drop_table('sharing_spaces')
    op.drop_index(op.f('ix_bridge_ledger_refs_ref'), table_name='bridge_ledger_refs')
    op.drop_table('bridge_ledger_refs')
    op.drop_table('sharing_pseudonyms')
    op.drop_table('official_voices')
    op.drop_table('bridge_ledger')
    op.drop_table('bridge_closings')
    op.drop_index('uq_messages_key', table_name='messages', schema='bridge_in')
    op.drop_index('ix_messages_waiting', table_name='messages', schema='bridge_in', postgresql_where=sa.text('applied_at is null'))
    op.drop_table('messages', schema='bridge_in')
    op.drop_table('ledger', schema='bridge_in')
    op.drop_table('bridge_consumers')
    op.drop_table('bridge_changes_pending')
    op.execute('DROP SCHEMA bridge_in')
