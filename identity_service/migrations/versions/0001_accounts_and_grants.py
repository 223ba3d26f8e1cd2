"""accounts and grants"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

ONLY_GROWS = (
    """
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log takes inserts only';
END $$
""",
    """
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
""",
)

REVOKE_CHANGES = """
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_name = 'audit_rows' AND g.grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_rows FROM %I', grantee);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.create_table('audit_rows',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('client_id', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_rows'))
    )
    op.create_index(op.f('ix_audit_rows_account_id'), 'audit_rows', ['account_id'], unique=False)
    op.create_index(op.f('ix_audit_rows_at'), 'audit_rows', ['at'], unique=False)
    op.create_table('clients',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=True),
    sa.Column('is_first_party', sa.Boolean(), nullable=False),
    sa.Column('grant_types', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('realms', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('redirect_uris', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('post_logout_redirect_uris', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('machine_scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('machine_audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('exchange_audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('exchange_scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('assertion_jwks', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('requires_pkce', sa.Boolean(), nullable=False),
    sa.Column('rotates_refresh_tokens', sa.Boolean(), nullable=False),
    sa.Column('id_token_alg', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clients'))
    )
    op.create_table('limit_counters',
    sa.Column('key_hash', sa.Text(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('ends_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key_hash', name=op.f('pk_limit_counters'))
    )
    op.create_index(op.f('ix_limit_counters_ends_at'), 'limit_counters', ['ends_at'], unique=False)
    op.create_table('mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('to', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('given_up_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails'))
    )
    op.create_index('ix_mails_due', 'mails', ['due_at'], unique=False, postgresql_where=sa.text('given_up_at is null'))
    op.create_table('organisations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_partner', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisations')),
    sa.UniqueConstraint('name', name=op.f('uq_organisations_name'))
    )
    op.create_table('pending_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('parameters', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('needs_auth_after', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('consented_session_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pending_requests'))
    )
    op.create_index(op.f('ix_pending_requests_expires_at'), 'pending_requests', ['expires_at'], unique=False)
    op.create_table('signing_keys',
    sa.Column('kid', sa.Text(), nullable=False),
    sa.Column('algorithm', sa.Text(), nullable=False),
    sa.Column('public_jwk', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sealed_private_jwk', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('signs_from', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_signing_keys'))
    )
    op.create_index('uq_signing_keys_current', 'signing_keys', ['algorithm'], unique=True, postgresql_where=sa.text('retired_at is null'))
    op.create_table('used_assertions',
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('jti_hash', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('client_id', 'jti_hash', name=op.f('pk_used_assertions'))
    )
    op.create_index(op.f('ix_used_assertions_expires_at'), 'used_assertions', ['expires_at'], unique=False)
    op.create_table('accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('email_key', sa.Text(), nullable=False),
    sa.Column('email_verified_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('deactivated_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("realm in ('staff', 'customer')", name=op.f('ck_accounts_realm')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_accounts_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('realm', 'email_key', name=op.f('uq_accounts_realm_email_key'))
    )
    op.create_table('email_proofs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('pending_id', sa.Uuid(), nullable=True),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("purpose in ('sign_up', 'set_password')", name=op.f('ck_email_proofs_purpose')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_email_proofs_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_proofs')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_email_proofs_token_hash'))
    )
    op.create_index('ix_email_proofs_expires', 'email_proofs', ['expires_at'], unique=False)
    op.create_table('password_credentials',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_password_credentials_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_password_credentials'))
    )
    op.create_table('sessions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('amr', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('auth_time', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('user_agent', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_sessions_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_sessions_secret_hash'))
    )
    op.create_index(op.f('ix_sessions_account_id'), 'sessions', ['account_id'], unique=False)
    op.create_index(op.f('ix_sessions_expires_at'), 'sessions', ['expires_at'], unique=False)
    op.create_table('grants',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('audiences', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('auth_time', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revoked_because', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_grants_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_grants_client_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], name=op.f('fk_grants_session_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants'))
    )
    op.create_index(op.f('ix_grants_account_id'), 'grants', ['account_id'], unique=False)
    op.create_index(op.f('ix_grants_expires_at'), 'grants', ['expires_at'], unique=False)
    op.create_index(op.f('ix_grants_session_id'), 'grants', ['session_id'], unique=False)
    op.create_table('authorization_codes',
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('grant_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('redirect_uri', sa.Text(), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=True),
    sa.Column('code_challenge', sa.Text(), nullable=True),
    sa.Column('code_challenge_method', sa.Text(), nullable=True),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['grant_id'], ['grants.id'], name=op.f('fk_authorization_codes_grant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_authorization_codes'))
    )
    op.create_index(op.f('ix_authorization_codes_expires_at'), 'authorization_codes', ['expires_at'], unique=False)
    op.create_index(op.f('ix_authorization_codes_grant_id'), 'authorization_codes', ['grant_id'], unique=False)
    op.create_table('refresh_tokens',
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('grant_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['grant_id'], ['grants.id'], name=op.f('fk_refresh_tokens_grant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_refresh_tokens'))
    )
    op.create_index(op.f('ix_refresh_tokens_grant_id'), 'refresh_tokens', ['grant_id'], unique=False)
    for statement in ONLY_GROWS:
        op.execute(statement)
    op.execute(REVOKE_CHANGES)


def downgrade() -> None:
    op.drop_index(op.f('ix_refresh_tokens_grant_id'), table_name='refresh_tokens')
    op.drop_table('refresh_tokens')
    op.drop_index(op.f('ix_authorization_codes_grant_id'), table_name='authorization_codes')
    op.drop_index(op.f('ix_authorization_codes_expires_at'), table_name='authorization_codes')
    op.drop_table('authorization_codes')
    op.drop_index(op.f('ix_grants_session_id'), table_name='grants')
    op.drop_index(op.f('ix_grants_expires_at'), table_name='grants')
    op.drop_index(op.f('ix_grants_account_id'), table_name='grants')
    op.drop_table('grants')
    op.drop_index(op.f('ix_sessions_expires_at'), table_name='sessions')
    op.drop_index(op.f('ix_sessions_account_id'), table_name='sessions')
    op.drop_table('sessions')
    op.drop_table('password_credentials')
    op.drop_index('ix_email_proofs_expires', table_name='email_proofs')
    op.drop_table('email_proofs')
    op.drop_table('accounts')
    op.drop_index(op.f('ix_used_assertions_expires_at'), table_name='used_assertions')
    op.drop_table('used_assertions')
    op.drop_index('uq_signing_keys_current', table_name='signing_keys', postgresql_where=sa.text('retired_at is null'))
    op.drop_table('signing_keys')
    op.drop_index(op.f('ix_pending_requests_expires_at'), table_name='pending_requests')
    op.drop_table('pending_requests')
    op.drop_table('organisations')
    op.drop_index('ix_mails_due', table_name='mails', postgresql_where=sa.text('given_up_at is null'))
    op.drop_table('mails')
    op.drop_index(op.f('ix_limit_counters_ends_at'), table_name='limit_counters')
    op.drop_table('limit_counters')
    op.drop_table('clients')
    op.drop_index(op.f('ix_audit_rows_at'), table_name='audit_rows')
    op.drop_index(op.f('ix_audit_rows_account_id'), table_name='audit_rows')
    op.drop_table('audit_rows')
    op.execute('DROP FUNCTION audit_only_grows')
