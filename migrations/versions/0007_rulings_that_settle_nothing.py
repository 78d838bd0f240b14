"""A moved article may be found to be reworded in substance: then the items are looked at one by one."""

import sqlalchemy as sa
from alembic import op

from core.append_only import protect_statements

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

TABLE = 'correspondence_ruling'
COLUMNS = ['id', 'old_version_id', 'old_article', 'new_version_id', 'new_article', 'reason', 'actor_account_id', 'actor_label', 'recorded_at']


def upgrade() -> None:
    op.add_column(TABLE, sa.Column('settled', sa.Boolean(), server_default=sa.true(), nullable=False))
    _protect([*COLUMNS, 'settled'])


def downgrade() -> None:
    _protect(COLUMNS)
    op.drop_column(TABLE, 'settled')


def _protect(columns: list[str]) -> None:
    """SQLite's trigger names each column; PostgreSQL's compares whole rows."""
    if op.get_bind().dialect.name == 'sqlite':
        for statement in (f'DROP TRIGGER {TABLE}_no_update', f'DROP TRIGGER {TABLE}_no_delete'):
            op.execute(statement)
        for statement in protect_statements('sqlite', TABLE, columns):
            op.execute(statement)
