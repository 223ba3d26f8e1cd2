"""what identity said to be over, which the bridge looks up by digests

The bridge learns no account and no session by this that it was not shown a token of.
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


VIEW = """
CREATE VIEW bridge_out.revocations WITH (security_barrier) AS
SELECT digest, not_before FROM public.revocations
"""


def upgrade() -> None:
    op.create_table('heard_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('heard_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_heard_events'))
    )
    op.create_index(op.f('ix_heard_events_heard_at'), 'heard_events', ['heard_at'], unique=False)
    op.create_table('identity_contact',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('answered_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_identity_contact_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_contact'))
    )
    op.create_table('revocations',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('not_before', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revocations')),
    sa.UniqueConstraint('digest', name=op.f('uq_revocations_digest'))
    )
    op.create_index(op.f('ix_revocations_not_before'), 'revocations', ['not_before'], unique=False)
    name = op.get_bind().scalar(sa.text('SELECT current_user')).removesuffix('_owner')
    op.execute(VIEW)
    op.execute(f'REVOKE ALL ON bridge_out.revocations FROM "{name}_app"')
    op.execute(f'GRANT SELECT ON bridge_out.revocations TO "{name}_bridge"')


def downgrade() -> None:
    op.execute('DROP VIEW bridge_out.revocations')
    op.drop_index(op.f('ix_revocations_not_before'), table_name='revocations')
    op.drop_table('revocations')
    op.drop_table('identity_contact')
    op.drop_index(op.f('ix_heard_events_heard_at'), table_name='heard_events')
    op.drop_table('heard_events')
