"""posts lose a version that nobody read

"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('posts', 'version')


def downgrade() -> None:
    op.add_column('posts', sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False))
