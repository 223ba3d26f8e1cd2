"""clients carry all of their registration"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

TEXTS = ('client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'jwks_uri', 'registration_token_hash',
         'backchannel_logout_uri')
LISTS = ('contacts', 'serves', 'default_acr_values')
SWITCHES = ('backchannel_logout_session_required', 'require_pushed_authorization_requests',
            'dpop_bound_access_tokens')
METHODS = "('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')"


def upgrade() -> None:
    op.alter_column('clients', 'assertion_jwks', new_column_name='jwks')
    for name in TEXTS:
        op.add_column('clients', sa.Column(name, sa.Text(), nullable=True))
    for name in LISTS:
        op.add_column('clients', sa.Column(
            name, postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    for name in SWITCHES:
        op.add_column('clients', sa.Column(name, sa.Boolean(), server_default=sa.text('false'), nullable=False))
    for name, value in (('source', 'settings'), ('token_endpoint_auth_method', 'client_secret_basic'),
                        ('security_profile', 'oauth')):
        op.add_column('clients', sa.Column(name, sa.Text(), server_default=sa.text(f"'{value}'"), nullable=False))
    for name in ('refresh_grace_seconds', 'default_max_age'):
        op.add_column('clients', sa.Column(name, sa.Integer(), nullable=True))
    op.add_column('clients', sa.Column(
        'created_at', sa.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('clients', sa.Column('disabled_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.execute("UPDATE clients SET token_endpoint_auth_method = 'none' WHERE secret_hash IS NULL")
    op.create_check_constraint(op.f('ck_clients_source'), 'clients',
                               "source in ('settings', 'applied', 'admin', 'registered')")
    op.create_check_constraint(op.f('ck_clients_security_profile'), 'clients',
                               "security_profile in ('oauth', 'fapi2')")
    op.create_check_constraint(op.f('ck_clients_token_endpoint_auth_method'), 'clients',
                               f"token_endpoint_auth_method in {METHODS}")


def downgrade() -> None:
    for name in (*TEXTS, *LISTS, *SWITCHES, 'source', 'token_endpoint_auth_method', 'security_profile',
                 'refresh_grace_seconds', 'default_max_age', 'created_at', 'disabled_at'):
        op.drop_column('clients', name)
    op.alter_column('clients', 'jwks', new_column_name='assertion_jwks')
