"""bridge desk"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('desk_feed',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('cursor', sa.Text(), nullable=True),
    sa.Column('owes_ack', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('followed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_desk_feed_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_feed'))
    )
    op.create_table('desk_ledger',
    sa.Column('book', sa.Text(), nullable=False),
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
    sa.PrimaryKeyConstraint('book', 'number', name=op.f('pk_desk_ledger')),
    sa.UniqueConstraint('crossing_id', name=op.f('uq_desk_ledger_crossing_id'))
    )
    op.create_table('desk_ledger_heads',
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('noted_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("side in ('bridge', 'desk')", name=op.f('ck_desk_ledger_heads_side_is_known')),
    sa.PrimaryKeyConstraint('side', 'number', name=op.f('pk_desk_ledger_heads'))
    )
    op.create_table('desk_ledger_pending',
    sa.Column('arrival', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('book', sa.Text(), nullable=False),
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('client', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('refs', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('arrival', name=op.f('pk_desk_ledger_pending')),
    sa.UniqueConstraint('crossing_id', name=op.f('uq_desk_ledger_pending_crossing_id'))
    )
    op.create_table('desk_threads',
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_desk_threads'))
    )
    op.create_table('desk_assignments',
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('assigned_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_desk_assignments_person_id')),
    sa.ForeignKeyConstraint(['ref'], ['desk_threads.ref'], name=op.f('fk_desk_assignments_ref')),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_desk_assignments'))
    )
    op.create_table('desk_ledger_refs',
    sa.Column('crossing_id', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['crossing_id'], ['desk_ledger.crossing_id'], name=op.f('fk_desk_ledger_refs_crossing_id')),
    sa.PrimaryKeyConstraint('crossing_id', 'position', name=op.f('pk_desk_ledger_refs'))
    )
    op.create_index(op.f('ix_desk_ledger_refs_ref'), 'desk_ledger_refs', ['ref'], unique=False)
    op.create_table('desk_notes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_desk_notes_author_id')),
    sa.ForeignKeyConstraint(['ref'], ['desk_threads.ref'], name=op.f('fk_desk_notes_ref')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_notes'))
    )
    op.create_index('ix_desk_notes_ref', 'desk_notes', ['ref', 'created_at', 'id'], unique=False)
    op.create_table('desk_replies',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('author_sub', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('public_name', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default='queued', nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('queued_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('settled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('queued', 'delivered', 'refused')", name=op.f('ck_desk_replies_state_is_known')),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_desk_replies_author_id')),
    sa.ForeignKeyConstraint(['ref'], ['desk_threads.ref'], name=op.f('fk_desk_replies_ref')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_replies'))
    )
    op.create_index('ix_desk_replies_ref', 'desk_replies', ['ref', 'queued_at'], unique=False)
    insert_only()


def insert_only() -> None:
    """Nobody but the owner changes or removes what was booked."""
    app = op.get_bind().scalar(sa.text('SELECT current_user')).removesuffix('_owner') + '_app'
    for table in ('desk_ledger', 'desk_ledger_refs', 'desk_ledger_heads'):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM "{app}"')


def downgrade() -> None:
    op.drop_index('ix_desk_replies_ref', table_name='desk_replies')
    op.drop_table('desk_replies')
    op.drop_index('ix_desk_notes_ref', table_name='desk_notes')
    op.drop_table('desk_notes')
    op.drop_index(op.f('ix_desk_ledger_refs_ref'), table_name='desk_ledger_refs')
    op.drop_table('desk_ledger_refs')
    op.drop_table('desk_assignments')
    op.drop_table('desk_threads')
    op.drop_table('desk_ledger_pending')
    op.drop_table('desk_ledger_heads')
    op.drop_table('desk_ledger')
    op.drop_table('desk_feed')
