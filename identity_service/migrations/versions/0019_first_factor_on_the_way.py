"""first factor on the way"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those under way are minutes old: whoever has to set up a factor signs in once more.
    op.add_column('unfinished_sign_ins', sa.Column('may_enrol', sa.Boolean(), server_default='false', nullable=False))
    op.alter_column('unfinished_sign_ins', 'may_enrol', server_default=None)


def downgrade() -> None:
    op.drop_column('unfinished_sign_ins', 'may_enrol')
