"""factors and policies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sign_in_policies',
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('requires_mfa', sa.Boolean(), nullable=False),
    sa.Column('allows_passkeys', sa.Boolean(), nullable=False),
    sa.Column('password_min_length', sa.Integer(), nullable=False),
    sa.Column('remembered_device_days', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("realm in ('staff', 'customer')", name=op.f('ck_sign_in_policies_realm')),
    sa.CheckConstraint('password_min_length between 8 and 64', name=op.f('ck_sign_in_policies_password_min_length')),
    sa.CheckConstraint('remembered_device_days between 0 and 90', name=op.f('ck_sign_in_policies_remembered_device_days')),
    sa.PrimaryKeyConstraint('realm', name=op.f('pk_sign_in_policies'))
    )
    op.create_table('known_devices',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('user_agent', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('remembered_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_known_devices_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_devices')),
    sa.UniqueConstraint('account_id', 'secret_hash', name=op.f('uq_known_devices_account_id_secret_hash'))
    )
    op.create_index(op.f('ix_known_devices_account_id'), 'known_devices', ['account_id'], unique=False)
    op.create_index(op.f('ix_known_devices_expires_at'), 'known_devices', ['expires_at'], unique=False)
    op.create_index(op.f('ix_known_devices_secret_hash'), 'known_devices', ['secret_hash'], unique=False)
    op.create_table('passkey_challenges',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('challenge', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("purpose in ('register', 'sign_in', 'second')", name=op.f('ck_passkey_challenges_purpose')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_passkey_challenges_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey_challenges'))
    )
    op.create_index('ix_passkey_challenges_expires', 'passkey_challenges', ['expires_at'], unique=False)
    op.create_table('passkeys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('transports', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('is_synced', sa.Boolean(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_passkeys_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkeys')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkeys_credential_id'))
    )
    op.create_index(op.f('ix_passkeys_account_id'), 'passkeys', ['account_id'], unique=False)
    op.create_table('recovery_codes',
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_recovery_codes_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_recovery_codes'))
    )
    op.create_index(op.f('ix_recovery_codes_account_id'), 'recovery_codes', ['account_id'], unique=False)
    op.create_table('totp_credentials',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=True),
    sa.Column('last_used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_totp_credentials_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_totp_credentials'))
    )
    op.create_table('unfinished_sign_ins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('amr', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('pending_id', sa.Uuid(), nullable=True),
    sa.Column('back_to', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('enrolled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_unfinished_sign_ins_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unfinished_sign_ins')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_unfinished_sign_ins_secret_hash'))
    )
    op.create_index(op.f('ix_unfinished_sign_ins_account_id'), 'unfinished_sign_ins', ['account_id'], unique=False)
    op.create_index(op.f('ix_unfinished_sign_ins_expires_at'), 'unfinished_sign_ins', ['expires_at'], unique=False)
    op.add_column('grants', sa.Column('amr', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    op.drop_column('grants', 'amr')
    op.drop_index(op.f('ix_unfinished_sign_ins_expires_at'), table_name='unfinished_sign_ins')
    op.drop_index(op.f('ix_unfinished_sign_ins_account_id'), table_name='unfinished_sign_ins')
    op.drop_table('unfinished_sign_ins')
    op.drop_table('totp_credentials')
    op.drop_index(op.f('ix_recovery_codes_account_id'), table_name='recovery_codes')
    op.drop_table('recovery_codes')
    op.drop_index(op.f('ix_passkeys_account_id'), table_name='passkeys')
    op.drop_table('passkeys')
    op.drop_index('ix_passkey_challenges_expires', table_name='passkey_challenges')
    op.drop_table('passkey_challenges')
    op.drop_index(op.f('ix_known_devices_secret_hash'), table_name='known_devices')
    op.drop_index(op.f('ix_known_devices_expires_at'), table_name='known_devices')
    op.drop_index(op.f('ix_known_devices_account_id'), table_name='known_devices')
    op.drop_table('known_devices')
    op.drop_table('sign_in_policies')
