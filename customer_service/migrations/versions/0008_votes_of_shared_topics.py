"""posts lose a version that nobody read; sharings know which votes were told, and when

"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('posts', 'version')
    op.add_column('sharings', sa.Column('votes', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.add_column(
        'sharings',
        sa.Column('told_at', sa.TIMESTAMP(timezone=True), server_default=sa.text('now()'), nullable=False),
    )


def downgrade() -> None:
    op.drop_column('sharings', 'told_at')
    op.drop_column('sharings', 'votes')
    op.add_column('posts', sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False))
