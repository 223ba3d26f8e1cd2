"""how often a message of the inbox was tried, and when it is due again"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('messages', sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False), schema='bridge_in')
    op.add_column('messages', sa.Column('due_at', sa.TIMESTAMP(timezone=True), nullable=True), schema='bridge_in')


def downgrade() -> None:
    op.drop_column('messages', 'due_at', schema='bridge_in')
    op.drop_column('messages', 'attempts', schema='bridge_in')
