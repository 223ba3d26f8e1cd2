"""proof times"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('totp_credentials', sa.Column('place', sa.Uuid(), nullable=True))
    op.add_column('unfinished_sign_ins', sa.Column('proved_at', sa.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('unfinished_sign_ins', 'proved_at')
    op.drop_column('totp_credentials', 'place')
