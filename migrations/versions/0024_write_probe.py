"""The one row that a check of readiness writes."""
import sqlalchemy as sa
from alembic import op

import core.db

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('write_probe',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('written_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_write_probe'))
    )


def downgrade() -> None:
    op.drop_table('write_probe')
