"""What the office confirms before keys are shown that another session still asks."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COLUMNS = ['session_id', 'ahead_id', 'items', 'reason', 'recorded_by', 'recorded_at']


def upgrade() -> None:
    op.create_table('key_confirmation',
    sa.Column('session_id', core.db.UuidText(), nullable=False),
    sa.Column('ahead_id', core.db.UuidText(), nullable=False),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ahead_id'], ['exam_session.id'], name=op.f('fk_key_confirmation_ahead_id')),
    sa.ForeignKeyConstraint(['session_id'], ['exam_session.id'], name=op.f('fk_key_confirmation_session_id')),
    sa.PrimaryKeyConstraint('session_id', 'ahead_id', name=op.f('pk_key_confirmation')),
    info={'append_only': True}
    )
    for statement in protect_statements(op.get_bind().dialect.name, 'key_confirmation', COLUMNS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('key_confirmation')
