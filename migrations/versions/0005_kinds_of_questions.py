"""填空, 简答 and 案例分析: a case's questions are rows of their own; families and the reserved flag."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

BEFORE = ['id', 'item_id', 'number', 'stem', 'options', 'answer', 'explanation', 'difficulty', 'part', 'shuffle', 'fingerprint', 'author_account_id', 'author_label', 'recorded_at']
ADDED = ['part_number', 'type', 'accepted', 'reference', 'families']
QUESTION_TYPE = sa.Enum('single', 'multiple', 'true_false', 'blank', 'short', 'case', name='questiontype', native_enum=False, length=32)


def upgrade() -> None:
    op.add_column('item', sa.Column('reserved', sa.Boolean(), server_default=sa.false(), nullable=False))
    if op.get_bind().dialect.name == 'sqlite':
        _rebuild(
            [
                sa.Column('part_number', sa.Integer(), nullable=False),
                sa.Column('type', QUESTION_TYPE, nullable=False),
                sa.Column('accepted', sa.JSON(), nullable=False),
                sa.Column('reference', sa.Text(), nullable=False),
                sa.Column('families', sa.JSON(), nullable=False),
            ],
            ['item_id', 'number', 'part_number'],
            "0, (SELECT type FROM item WHERE item.id = item_id), '[]', '', '[]'",
        )
        return
    op.execute('ALTER TABLE item_version DISABLE TRIGGER item_version_no_update')
    op.add_column('item_version', sa.Column('part_number', sa.Integer(), nullable=True))
    op.add_column('item_version', sa.Column('type', QUESTION_TYPE, nullable=True))
    op.add_column('item_version', sa.Column('accepted', sa.JSON(), nullable=True))
    op.add_column('item_version', sa.Column('reference', sa.Text(), nullable=True))
    op.add_column('item_version', sa.Column('families', sa.JSON(), nullable=True))
    op.execute(
        "UPDATE item_version SET part_number = 0, type = item.type, accepted = '[]', reference = '', "
        "families = '[]' FROM item WHERE item.id = item_version.item_id"
    )
    for column in ADDED:
        op.alter_column('item_version', column, nullable=False)
    op.drop_constraint(op.f('uq_item_version_item_id_number'), 'item_version', type_='unique')
    op.create_unique_constraint(
        op.f('uq_item_version_item_id_number_part_number'), 'item_version', ['item_id', 'number', 'part_number']
    )
    op.execute('ALTER TABLE item_version ENABLE TRIGGER item_version_no_update')


def downgrade() -> None:
    """Refused by the unique key where cases are stored: the older schema cannot hold them."""
    if op.get_bind().dialect.name == 'sqlite':
        _rebuild([], ['item_id', 'number'], None)
    else:
        op.drop_constraint(op.f('uq_item_version_item_id_number_part_number'), 'item_version', type_='unique')
        op.create_unique_constraint(op.f('uq_item_version_item_id_number'), 'item_version', ['item_id', 'number'])
        for column in ADDED:
            op.drop_column('item_version', column)
    op.drop_column('item', 'reserved')


def _rebuild(added: list[sa.Column[object]], unique: list[str], values: str | None) -> None:
    """SQLite cannot change a unique key in place. Rows that point here are checked when all is in place again."""
    op.execute('PRAGMA defer_foreign_keys = ON')
    op.execute('CREATE TEMPORARY TABLE item_version_kept AS SELECT * FROM item_version')
    op.drop_table('item_version')
    op.create_table('item_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('stem', sa.Text(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('difficulty', sa.Enum('easy', 'medium', 'hard', name='difficulty', native_enum=False, length=32), nullable=False),
    sa.Column('part', sa.String(length=20), nullable=False),
    sa.Column('shuffle', sa.Boolean(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('author_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_label', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    *added,
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_version_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_version')),
    sa.UniqueConstraint(*unique, name=op.f('uq_item_version_' + '_'.join(unique))),
    info={'append_only': True}
    )
    columns = [*BEFORE, *(column.name for column in added)]
    kept = ', '.join(BEFORE) + (f', {values}' if values else '')
    op.execute(f'INSERT INTO item_version ({", ".join(columns)}) SELECT {kept} FROM item_version_kept')  # noqa: S608
    op.execute('DROP TABLE item_version_kept')
    op.create_index(op.f('ix_item_version_fingerprint'), 'item_version', ['fingerprint'], unique=False)
    for statement in protect_statements('sqlite', 'item_version', columns):
        op.execute(statement)
