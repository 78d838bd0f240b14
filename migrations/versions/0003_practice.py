"""Answers given in practice."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "practice_answer": ['id', 'person_id', 'item_id', 'item_version_id', 'answer', 'correct', 'recorded_at'],
}


def upgrade() -> None:
    op.create_table('practice_answer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('correct', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_practice_answer_item_id')),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_practice_answer_item_version_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_practice_answer_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_answer')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_practice_answer_person_id_item_id_id'), 'practice_answer', ['person_id', 'item_id', 'id'], unique=False)
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(op.get_bind().dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f('ix_practice_answer_person_id_item_id_id'), table_name='practice_answer')
    op.drop_table('practice_answer')
