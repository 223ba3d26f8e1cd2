"""own accounts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


PURPOSES = ('sign_up', 'set_password', 'change_email', 'undo_email', 'undo_closing', 'domain')


def _allow_purposes(purposes: tuple[str, ...]) -> None:
    op.drop_constraint(op.f('ck_email_proofs_purpose'), 'email_proofs', type_='check')
    op.create_check_constraint(op.f('ck_email_proofs_purpose'), 'email_proofs',
                               sa.column('purpose').in_(purposes))


def upgrade() -> None:
    op.create_table('organisation_domains',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('domain', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('verified_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('verified_how', sa.Text(), nullable=True),
    sa.CheckConstraint("verified_how in ('mail', 'staff')", name=op.f('ck_organisation_domains_verified_how')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_domains_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_domains')),
    sa.UniqueConstraint('organisation_id', 'domain', name=op.f('uq_organisation_domains_organisation_id_domain'))
    )
    op.create_index(op.f('ix_organisation_domains_organisation_id'), 'organisation_domains', ['organisation_id'], unique=False)
    op.create_index('ix_organisation_domains_proved', 'organisation_domains', ['domain'], unique=True, postgresql_where=sa.text('verified_at is not null'))
    op.create_table('closings',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_closings_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_closings'))
    )
    op.create_index(op.f('ix_closings_due_at'), 'closings', ['due_at'], unique=False)
    op.create_table('invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('email_key', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('is_organisation_admin', sa.Boolean(), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=True),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("realm in ('staff', 'customer')", name=op.f('ck_invitations_realm')),
    sa.ForeignKeyConstraint(['invited_by'], ['accounts.id'], name=op.f('fk_invitations_invited_by'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_invitations_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('realm', 'email_key', name=op.f('uq_invitations_realm_email_key')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash'))
    )
    op.create_index(op.f('ix_invitations_expires_at'), 'invitations', ['expires_at'], unique=False)
    op.create_table('pictures',
    sa.Column('picture_id', sa.Uuid(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_pictures_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('picture_id', 'size', name=op.f('pk_pictures'))
    )
    op.create_index(op.f('ix_pictures_account_id'), 'pictures', ['account_id'], unique=False)
    op.add_column('accounts', sa.Column('is_organisation_admin', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('accounts', sa.Column('locale', sa.Text(), nullable=True))
    op.add_column('accounts', sa.Column('zoneinfo', sa.Text(), nullable=True))
    op.add_column('accounts', sa.Column('picture_id', sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f('uq_accounts_picture_id'), 'accounts', ['picture_id'])
    op.add_column('email_proofs', sa.Column('subject_id', sa.Uuid(), nullable=True))
    op.add_column('mails', sa.Column('html', sa.Text(), nullable=True))
    op.add_column('mails', sa.Column('filed_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('sessions', sa.Column('address', sa.Text(), nullable=True))
    _allow_purposes(PURPOSES)


def downgrade() -> None:
    op.execute("DELETE FROM email_proofs WHERE purpose NOT IN ('sign_up', 'set_password')")
    _allow_purposes(PURPOSES[:2])
    op.drop_column('sessions', 'address')
    op.drop_column('mails', 'filed_at')
    op.drop_column('mails', 'html')
    op.drop_column('email_proofs', 'subject_id')
    op.drop_constraint(op.f('uq_accounts_picture_id'), 'accounts', type_='unique')
    op.drop_column('accounts', 'picture_id')
    op.drop_column('accounts', 'zoneinfo')
    op.drop_column('accounts', 'locale')
    op.drop_column('accounts', 'is_organisation_admin')
    op.drop_index(op.f('ix_pictures_account_id'), table_name='pictures')
    op.drop_table('pictures')
    op.drop_index(op.f('ix_invitations_expires_at'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_index(op.f('ix_closings_due_at'), table_name='closings')
    op.drop_table('closings')
    op.drop_index('ix_organisation_domains_proved', table_name='organisation_domains', postgresql_where=sa.text('verified_at is not null'))
    op.drop_index(op.f('ix_organisation_domains_organisation_id'), table_name='organisation_domains')
    op.drop_table('organisation_domains')
