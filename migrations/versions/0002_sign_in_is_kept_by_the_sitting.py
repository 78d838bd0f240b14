"""What keeps a sign-in alive is derived from the sitting that it holds, not stored beside it."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('sign_in_session', 'keep_until')


def downgrade() -> None:
    op.add_column('sign_in_session', sa.Column('keep_until', core.db.UtcDateTime(timezone=True), nullable=True))
