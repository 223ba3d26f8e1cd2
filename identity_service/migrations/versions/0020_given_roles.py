"""given roles"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'accounts',
        sa.Column('given_roles', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    # Whatever no group and no provider gives was given by hand.
    op.execute(
        'update accounts set given_roles = array(select held from unnest(roles) as held where not exists'
        ' (select from group_members join groups on groups.id = group_members.group_id'
        ' where group_members.account_id = accounts.id and groups.role = held) and not exists'
        ' (select from upstream_identities where account_id = accounts.id'
        ' and held = any(upstream_identities.roles)) order by held) where cardinality(roles) > 0'
    )


def downgrade() -> None:
    op.drop_column('accounts', 'given_roles')
