"""upstreams"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('upstreams',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('token_endpoint_auth_method', sa.Text(), nullable=False),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=True),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('email_domains', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('verified_claim', sa.Text(), nullable=False),
    sa.Column('role_rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('provisions', sa.Boolean(), nullable=False),
    sa.Column('admits_linking', sa.Boolean(), nullable=False),
    sa.Column('trusts_mfa', sa.Boolean(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("realm in ('staff', 'customer')", name=op.f('ck_upstreams_realm')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upstreams'))
    )
    op.create_table('upstream_attempts',
    sa.Column('state_hash', sa.Text(), nullable=False),
    sa.Column('browser_hash', sa.Text(), nullable=False),
    sa.Column('upstream_id', sa.Text(), nullable=False),
    sa.Column('nonce_hash', sa.Text(), nullable=False),
    sa.Column('sealed_verifier', sa.LargeBinary(), nullable=False),
    sa.Column('pending_id', sa.Uuid(), nullable=True),
    sa.Column('back_to', sa.Text(), nullable=False),
    sa.Column('links_to', sa.Uuid(), nullable=True),
    sa.Column('needs_auth_after', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['upstream_id'], ['upstreams.id'], name=op.f('fk_upstream_attempts_upstream_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('state_hash', name=op.f('pk_upstream_attempts'))
    )
    op.create_index(op.f('ix_upstream_attempts_expires_at'), 'upstream_attempts', ['expires_at'], unique=False)
    op.create_table('upstream_offers',
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('upstream_id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('shown', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('pending_id', sa.Uuid(), nullable=True),
    sa.Column('back_to', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['upstream_id'], ['upstreams.id'], name=op.f('fk_upstream_offers_upstream_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('secret_hash', name=op.f('pk_upstream_offers'))
    )
    op.create_index(op.f('ix_upstream_offers_expires_at'), 'upstream_offers', ['expires_at'], unique=False)
    op.create_table('upstream_identities',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('upstream_id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('shown', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('linked_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_upstream_identities_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['upstream_id'], ['upstreams.id'], name=op.f('fk_upstream_identities_upstream_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upstream_identities')),
    sa.UniqueConstraint('upstream_id', 'subject', name=op.f('uq_upstream_identities_upstream_id_subject'))
    )
    op.create_index(op.f('ix_upstream_identities_account_id'), 'upstream_identities', ['account_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_upstream_identities_account_id'), table_name='upstream_identities')
    op.drop_table('upstream_identities')
    op.drop_index(op.f('ix_upstream_offers_expires_at'), table_name='upstream_offers')
    op.drop_table('upstream_offers')
    op.drop_index(op.f('ix_upstream_attempts_expires_at'), table_name='upstream_attempts')
    op.drop_table('upstream_attempts')
    op.drop_table('upstreams')
