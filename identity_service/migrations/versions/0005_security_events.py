"""security events"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('security_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('arrival', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_security_events')),
    sa.UniqueConstraint('arrival', name=op.f('uq_security_events_arrival'))
    )
    op.create_index(op.f('ix_security_events_at'), 'security_events', ['at'], unique=False)
    op.create_table('security_event_deliveries',
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_security_event_deliveries_client_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['event_id'], ['security_events.id'], name=op.f('fk_security_event_deliveries_event_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('client_id', 'event_id', name=op.f('pk_security_event_deliveries'))
    )
    op.create_index(op.f('ix_security_event_deliveries_event_id'), 'security_event_deliveries', ['event_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_security_event_deliveries_event_id'), table_name='security_event_deliveries')
    op.drop_table('security_event_deliveries')
    op.drop_index(op.f('ix_security_events_at'), table_name='security_events')
    op.drop_table('security_events')
