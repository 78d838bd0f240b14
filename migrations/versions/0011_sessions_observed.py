"""Sessions know whether the answers given in them were counted for the bank."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('exam_session', sa.Column('observed_at', core.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('exam_session', 'observed_at')
