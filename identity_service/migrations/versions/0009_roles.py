"""roles"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

BUILTIN = (
    ('admin', 'staff', 'Administrator of accounts'),
    ('community_manager', 'staff', 'Manager of both communities'),
    ('customer_facing', 'staff', 'Answers customers over the bridge'),
    ('partner', 'customer', 'Member of a partner organisation'),
)


def upgrade() -> None:
    roles = op.create_table('roles',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('is_builtin', sa.Boolean(), nullable=False),
    sa.CheckConstraint("realm in ('staff', 'customer')", name=op.f('ck_roles_realm')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_roles'))
    )
    op.bulk_insert(roles, [
        {'name': name, 'realm': realm, 'title': title, 'is_builtin': True} for name, realm, title in BUILTIN
    ])
    op.execute("""
        INSERT INTO roles (name, realm, title, is_builtin)
        SELECT DISTINCT ON (role) role, realm, role, false FROM accounts, unnest(roles) AS role
        ON CONFLICT (name) DO NOTHING
    """)


def downgrade() -> None:
    op.drop_table('roles')
