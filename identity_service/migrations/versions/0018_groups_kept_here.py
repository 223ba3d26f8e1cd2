"""groups kept here"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now directories alone made groups.
    op.add_column('groups', sa.Column('is_provisioned', sa.Boolean(), server_default='true', nullable=False))
    op.alter_column('groups', 'is_provisioned', server_default=None)


def downgrade() -> None:
    op.drop_column('groups', 'is_provisioned')
