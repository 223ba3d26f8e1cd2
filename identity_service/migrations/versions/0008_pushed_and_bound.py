"""pushed requests and bound tokens"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('used_proofs',
    sa.Column('proof_hash', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('proof_hash', name=op.f('pk_used_proofs'))
    )
    op.create_index(op.f('ix_used_proofs_expires_at'), 'used_proofs', ['expires_at'], unique=False)
    op.create_table('pushed_requests',
    sa.Column('request_hash', sa.Text(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('parameters', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_pushed_requests_client_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('request_hash', name=op.f('pk_pushed_requests'))
    )
    op.create_index(op.f('ix_pushed_requests_expires_at'), 'pushed_requests', ['expires_at'], unique=False)
    op.add_column('authorization_codes', sa.Column('dpop_jkt', sa.Text(), nullable=True))
    op.add_column('clients', sa.Column('exchange_actors', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('clients', sa.Column('may_act', sa.Text(), nullable=True))
    op.add_column('grants', sa.Column('dpop_jkt', sa.Text(), nullable=True))
    op.add_column('pending_requests', sa.Column('pushed_hash', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('pending_requests', 'pushed_hash')
    op.drop_column('grants', 'dpop_jkt')
    op.drop_column('clients', 'may_act')
    op.drop_column('clients', 'exchange_actors')
    op.drop_column('authorization_codes', 'dpop_jkt')
    op.drop_index(op.f('ix_pushed_requests_expires_at'), table_name='pushed_requests')
    op.drop_table('pushed_requests')
    op.drop_index(op.f('ix_used_proofs_expires_at'), table_name='used_proofs')
    op.drop_table('used_proofs')
