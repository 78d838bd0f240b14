"""Accounts disabled and enabled, and roles ended, each with its reason."""
from alembic import op
import sqlalchemy as sa

import core.db
from core.append_only import protect_statements

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
COLUMNS = ['id', 'account_id', 'act', 'grant_id', 'on_day', 'reason', 'recorded_by', 'recorded_at']


def upgrade() -> None:
    op.create_table('account_event',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('account_id', BIG_ID, nullable=False),
    sa.Column('act', sa.Enum('disabled', 'enabled', 'role_ended', name='accountact', native_enum=False, length=32), nullable=False),
    sa.Column('grant_id', BIG_ID, nullable=True),
    sa.Column('on_day', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_event_account_id')),
    sa.ForeignKeyConstraint(['grant_id'], ['role_grant.id'], name=op.f('fk_account_event_grant_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_event'))
    )
    op.create_index(op.f('ix_account_event_account_id'), 'account_event', ['account_id'], unique=False)
    for statement in protect_statements(op.get_bind().dialect.name, 'account_event', COLUMNS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('account_event')
