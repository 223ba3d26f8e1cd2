"""keys of addresses"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # `ß` was compared as `ss`, which may be another mailbox. No two accounts get the same key by this: what
    # is equal now was equal before.
    connection = op.get_bind()
    found = connection.execute(sa.text("select id, email from accounts where email ~ '[^\\x01-\\x7f]'")).all()
    for account_id, email in found:
        connection.execute(
            sa.text('update accounts set email_key = :key where id = :id'), {'key': _key(email), 'id': account_id}
        )


def downgrade() -> None:
    pass


def _key(email: str) -> str:
    wide = ('<wide>', '<narrow>')
    narrow = ''.join(
        unicodedata.normalize('NFKC', c) if unicodedata.decomposition(c).startswith(wide) else c
        for c in email.strip()
    )
    return unicodedata.normalize('NFC', unicodedata.normalize('NFC', narrow).lower())
