"""Answers in words: a choice may be longer than ten letters."""

import sqlalchemy as sa
from alembic import op

from core.append_only import protect_statements

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

COLUMNS = ['sitting_id', 'seq', 'position', 'choice', 'late', 'recorded_at']


def upgrade() -> None:
    _retype(sa.String(length=10), sa.Text())


def downgrade() -> None:
    _retype(sa.Text(), sa.String(length=10))


def _retype(before: sa.types.TypeEngine[str], after: sa.types.TypeEngine[str]) -> None:
    """On SQLite the table is made anew, and with it the triggers that keep it append-only."""
    with op.batch_alter_table('answer_event') as table:
        table.alter_column('choice', existing_type=before, type_=after, existing_nullable=False)
    if op.get_bind().dialect.name == 'sqlite':
        for statement in protect_statements('sqlite', 'answer_event', COLUMNS):
            op.execute(statement)
