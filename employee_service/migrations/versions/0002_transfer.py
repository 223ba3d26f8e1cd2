"""where imported content came from, and links between topics"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('imported_records',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('local_id', sa.Uuid(), nullable=True),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('source', 'kind', 'external_id', name=op.f('pk_imported_records'))
    )
    op.create_index('ix_imported_records_local', 'imported_records', ['local_id'], unique=False)
    op.create_table('post_attributions',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('site', sa.Text(), nullable=False),
    sa.Column('source_url', sa.Text(), nullable=False),
    sa.Column('author_name', sa.Text(), nullable=False),
    sa.Column('author_url', sa.Text(), nullable=True),
    sa.Column('licence', sa.Text(), nullable=False),
    sa.Column('imported_score', sa.Integer(), nullable=False),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_post_attributions_post_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_post_attributions'))
    )
    op.create_table('topic_links',
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('related_topic_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('topic_id <> related_topic_id', name=op.f('ck_topic_links_not_to_itself')),
    sa.CheckConstraint("kind in ('linked', 'duplicate')", name=op.f('ck_topic_links_kind_is_known')),
    sa.ForeignKeyConstraint(['related_topic_id'], ['topics.id'], name=op.f('fk_topic_links_related_topic_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_topic_links_topic_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('topic_id', 'related_topic_id', 'kind', name=op.f('pk_topic_links'))
    )
    op.create_index('ix_topic_links_related', 'topic_links', ['related_topic_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_topic_links_related', table_name='topic_links')
    op.drop_table('topic_links')
    op.drop_table('post_attributions')
    op.drop_index('ix_imported_records_local', table_name='imported_records')
    op.drop_table('imported_records')
