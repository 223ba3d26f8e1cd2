"""spaces that are archived, and versions of groups"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('groups', sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False))
    op.add_column('spaces', sa.Column('archived_at', sa.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('spaces', 'archived_at')
    op.drop_column('groups', 'version')
