"""saml"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('upstreams', sa.Column('kind', sa.Text(), server_default='oidc', nullable=False))
    op.add_column('upstreams', sa.Column('saml', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_check_constraint(op.f('ck_upstreams_kind'), 'upstreams', "kind in ('oidc', 'saml')")
    op.create_check_constraint(op.f('ck_upstreams_saml'), 'upstreams', "(kind = 'saml') = (saml is not null)")
    op.alter_column('upstreams', 'kind', server_default=None)
    op.alter_column('upstream_attempts', 'nonce_hash', nullable=True)
    op.alter_column('upstream_attempts', 'sealed_verifier', nullable=True)
    op.add_column('upstream_attempts', sa.Column('sealed_answer', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("delete from upstream_attempts where nonce_hash is null or sealed_verifier is null")
    op.execute("delete from upstreams where kind = 'saml'")
    op.drop_column('upstream_attempts', 'sealed_answer')
    op.alter_column('upstream_attempts', 'sealed_verifier', nullable=False)
    op.alter_column('upstream_attempts', 'nonce_hash', nullable=False)
    op.drop_constraint(op.f('ck_upstreams_saml'), 'upstreams')
    op.drop_constraint(op.f('ck_upstreams_kind'), 'upstreams')
    op.drop_column('upstreams', 'saml')
    op.drop_column('upstreams', 'kind')
