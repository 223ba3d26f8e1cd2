"""audit chain"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

# What is there already goes to the worker, which numbers and chains it like everything new.
CARRY_OVER = """
INSERT INTO pending_audit_rows (book, id, at, event, actor, account_id, client_id, address, result, details)
SELECT 'identity', id, at, event, details ->> 'by', account_id, client_id, address,
       CASE WHEN event LIKE '%.failed' THEN 'refused' ELSE 'done' END, details
FROM audit_rows ORDER BY at, id
"""

ONLY_GROWS = (
    """
CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('narrowbridge.audit_cut', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log takes inserts only';
END $$
""",
    """
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
""",
    # The one way to shorten the log: rows older than a month, and only up to one of which the log itself
    # says, in a row after it, that it is cut there and what the hash was.
    """
CREATE FUNCTION audit_cut(through bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE gone bigint;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit_rows kept JOIN audit_rows told ON told.event = 'audit.cut'
            AND told.number > kept.number AND told.details ->> 'through' = kept.number::text
            AND told.details ->> 'hash' = kept.hash
        WHERE kept.number = through
    ) THEN
        RAISE EXCEPTION 'no row of the audit log tells of this cut';
    END IF;
    IF EXISTS (
        SELECT 1 FROM audit_rows WHERE number <= through AND at > now() - interval '30 days'
    ) THEN
        RAISE EXCEPTION 'rows of the last month are not cut';
    END IF;
    PERFORM set_config('narrowbridge.audit_cut', 'on', true);
    DELETE FROM audit_rows WHERE number <= through;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('narrowbridge.audit_cut', 'off', true);
    RETURN gone;
END $$
""",
    "REVOKE ALL ON FUNCTION audit_cut(bigint) FROM PUBLIC",
)

LIMIT_THE_APP = """
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_name = 'audit_rows' AND g.grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_rows FROM %I', grantee);
        EXECUTE format('REVOKE UPDATE, TRUNCATE ON pending_audit_rows FROM %I', grantee);
        EXECUTE format('GRANT EXECUTE ON FUNCTION audit_cut(bigint) TO %I', grantee);
    END LOOP;
END $$;
"""

CARRY_BACK = """
INSERT INTO audit_rows (id, at, event, account_id, client_id, address, details)
SELECT id, at, event, account_id, client_id, address, details FROM numbered_audit_rows
UNION ALL SELECT id, at, event, account_id, client_id, address, details FROM pending_audit_rows
"""


def upgrade() -> None:
    op.create_table('pending_audit_rows',
    sa.Column('arrival', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('book', sa.Text(), server_default=sa.text("'identity'"), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    *_said(),
    sa.PrimaryKeyConstraint('arrival', name=op.f('pk_pending_audit_rows'))
    )
    op.execute(CARRY_OVER)
    op.drop_table('audit_rows')
    op.create_table('audit_rows',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('book', sa.Text(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    *_said(),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_rows')),
    sa.UniqueConstraint('id', name=op.f('uq_audit_rows_id'))
    )
    op.create_index(op.f('ix_audit_rows_at'), 'audit_rows', ['at'], unique=False)
    op.create_index('ix_audit_rows_account_id', 'audit_rows', ['account_id', 'number'], unique=False)
    op.create_index('ix_audit_rows_client_id', 'audit_rows', ['client_id', 'number'], unique=False)
    op.create_index('ix_audit_rows_event', 'audit_rows', ['event', 'number'], unique=False)
    for statement in ONLY_GROWS:
        op.execute(statement)
    op.execute(LIMIT_THE_APP)
    op.add_column('clients', sa.Column('old_secret_hash', sa.Text(), nullable=True))
    op.add_column('clients', sa.Column('old_secret_until', sa.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('clients', 'old_secret_until')
    op.drop_column('clients', 'old_secret_hash')
    op.execute('DROP FUNCTION audit_cut')
    op.execute('ALTER TABLE audit_rows RENAME TO numbered_audit_rows')
    for name in ('account_id', 'at', 'client_id', 'event'):
        op.drop_index(f'ix_audit_rows_{name}', table_name='numbered_audit_rows')
    op.execute('ALTER TABLE numbered_audit_rows RENAME CONSTRAINT pk_audit_rows TO pk_numbered_audit_rows')
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
    op.execute(CARRY_BACK)
    op.drop_table('numbered_audit_rows')
    op.drop_table('pending_audit_rows')
    op.execute(ONLY_GROWS[1])


def _said() -> tuple[sa.Column, ...]:
    return (
        sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column('event', sa.Text(), nullable=False),
        sa.Column('actor', sa.Text(), nullable=True),
        sa.Column('account_id', sa.Uuid(), nullable=True),
        sa.Column('client_id', sa.Text(), nullable=True),
        sa.Column('address', sa.Text(), nullable=True),
        sa.Column('result', sa.Text(), nullable=False),
        sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    )
