"""consents and devices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('device_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('device_code_hash', sa.Text(), nullable=False),
    sa.Column('user_code_hash', sa.Text(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('interval', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('polled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('grant_id', sa.Uuid(), nullable=True),
    sa.Column('denied_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_device_requests_client_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_requests')),
    sa.UniqueConstraint('device_code_hash', name=op.f('uq_device_requests_device_code_hash')),
    sa.UniqueConstraint('user_code_hash', name=op.f('uq_device_requests_user_code_hash'))
    )
    op.create_index(op.f('ix_device_requests_expires_at'), 'device_requests', ['expires_at'], unique=False)
    op.create_table('consents',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('audience', sa.Text(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('given_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_consents_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_consents_client_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'client_id', 'audience', name=op.f('pk_consents'))
    )
    op.add_column('grants', sa.Column('claims', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('pending_requests', sa.Column('device_id', sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column('pending_requests', 'device_id')
    op.drop_column('grants', 'claims')
    op.drop_table('consents')
    op.drop_index(op.f('ix_device_requests_expires_at'), table_name='device_requests')
    op.drop_table('device_requests')
