"""Answers that people mark: what is to be marked, each mark given, and what came of it."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

APPEND_ONLY = {
    'marking_task': ['sitting_id', 'position', 'ref', 'session_id', 'number', 'item_version_id', 'most_hundredths', 'recorded_at'],
    'given_mark': ['sitting_id', 'position', 'seat', 'number', 'account_id', 'hundredths', 'recorded_by', 'recorded_at'],
    'settled_mark': ['sitting_id', 'position', 'hundredths', 'decided', 'reason', 'account_id', 'recorded_by', 'recorded_at'],
}


def upgrade() -> None:
    op.create_table('marking_task',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('ref', core.db.UuidText(), nullable=False),
    sa.Column('session_id', core.db.UuidText(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('most_hundredths', sa.Integer(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_marking_task_item_version_id')),
    sa.ForeignKeyConstraint(['session_id'], ['exam_session.id'], name=op.f('fk_marking_task_session_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_marking_task_sitting_id')),
    sa.PrimaryKeyConstraint('sitting_id', 'position', name=op.f('pk_marking_task')),
    sa.UniqueConstraint('ref', name=op.f('uq_marking_task_ref')),
    sa.UniqueConstraint('session_id', 'number', name=op.f('uq_marking_task_session_id_number')),
    info={'append_only': True}
    )
    op.create_table('given_mark',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('hundredths', sa.Integer(), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('seat IN (1, 2)', name=op.f('ck_given_mark_seat')),
    sa.ForeignKeyConstraint(['sitting_id', 'position'], ['marking_task.sitting_id', 'marking_task.position'], name=op.f('fk_given_mark_sitting_id_position')),
    sa.PrimaryKeyConstraint('sitting_id', 'position', 'seat', 'number', name=op.f('pk_given_mark')),
    sa.UniqueConstraint('sitting_id', 'position', 'account_id', 'number', name=op.f('uq_given_mark_sitting_id_position_account_id_number')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_given_mark_account_id'), 'given_mark', ['account_id'], unique=False)
    op.create_table('settled_mark',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('hundredths', sa.Integer(), nullable=False),
    sa.Column('decided', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decided = (reason <> '')", name=op.f('ck_settled_mark_reason')),
    sa.ForeignKeyConstraint(['sitting_id', 'position'], ['marking_task.sitting_id', 'marking_task.position'], name=op.f('fk_settled_mark_sitting_id_position')),
    sa.PrimaryKeyConstraint('sitting_id', 'position', name=op.f('pk_settled_mark')),
    info={'append_only': True}
    )
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(op.get_bind().dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    for table in ('settled_mark', 'given_mark', 'marking_task'):
        op.drop_table(table)
