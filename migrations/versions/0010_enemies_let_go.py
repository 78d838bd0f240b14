"""Pairs of enemies that were undone stay known."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('enemy_pair', sa.Column('removed_at', core.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column('enemy_pair', sa.Column('removed_by', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('enemy_pair', 'removed_by')
    op.drop_column('enemy_pair', 'removed_at')
