"""What candidates' pages had acknowledged and a restored server no longer has."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APPEND_ONLY = {
    'journal_loss': ['id', 'sitting_id', 'known', 'found', 'receipt', 'recorded_at'],
}


def upgrade() -> None:
    op.create_table('journal_loss',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('known', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('receipt', sa.String(length=80), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_journal_loss_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal_loss')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_journal_loss_sitting_id'), 'journal_loss', ['sitting_id'], unique=False)
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(op.get_bind().dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f('ix_journal_loss_sitting_id'), table_name='journal_loss')
    op.drop_table('journal_loss')
