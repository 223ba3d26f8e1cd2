"""used proofs"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('used_proofs',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_used_proofs'))
    )
    op.create_index(op.f('ix_used_proofs_expires_at'), 'used_proofs', ['expires_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_used_proofs_expires_at'), table_name='used_proofs')
    op.drop_table('used_proofs')
