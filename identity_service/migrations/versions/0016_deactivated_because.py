"""deactivated_because"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('accounts', sa.Column('deactivated_because', sa.Text(), nullable=True))
    # What is known of accounts that are shut already: else no directory could open one it had shut.
    op.execute("""
        update accounts set deactivated_because = (
            select details ->> 'because' from audit_rows
            where account_id = accounts.id and event = 'account.deactivated'
            order by at desc limit 1
        ) where deactivated_at is not null
    """)


def downgrade() -> None:
    op.drop_column('accounts', 'deactivated_because')
