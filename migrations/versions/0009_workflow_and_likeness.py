"""Steps by name, what items ask and by which keys the alike are found, enemies, observed difficulty."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements
from question_bank.items.likeness import index_keys, trigrams_of

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

STEP_COLUMNS = ['id', 'item_id', 'item_version_id', 'state', 'comment', 'actor_account_id', 'actor_label', 'recorded_at']
OBSERVATION_COLUMNS = ['id', 'item_version_id', 'source', 'answered', 'correct', 'recorded_at']


def big_id():
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('enemy_pair',
    sa.Column('item_id', big_id(), nullable=False),
    sa.Column('enemy_id', big_id(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.CheckConstraint('item_id < enemy_id', name=op.f('ck_enemy_pair_ordered')),
    sa.ForeignKeyConstraint(['enemy_id'], ['item.id'], name=op.f('fk_enemy_pair_enemy_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_enemy_pair_item_id')),
    sa.PrimaryKeyConstraint('item_id', 'enemy_id', name=op.f('pk_enemy_pair'))
    )
    op.create_index(op.f('ix_enemy_pair_enemy_id'), 'enemy_pair', ['enemy_id'], unique=False)
    op.create_table('item_observation',
    sa.Column('id', big_id(), nullable=False),
    sa.Column('item_version_id', big_id(), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('correct', sa.Integer(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('correct BETWEEN 0 AND answered', name=op.f('ck_item_observation_share')),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_item_observation_item_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_observation')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_item_observation_item_version_id_source_id'), 'item_observation', ['item_version_id', 'source', 'id'], unique=False)
    for statement in protect_statements(op.get_bind().dialect.name, 'item_observation', OBSERVATION_COLUMNS):
        op.execute(statement)
    op.create_table('likeness_key',
    sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('item_version_id', big_id(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_likeness_key_item_version_id')),
    sa.PrimaryKeyConstraint('key', 'item_version_id', name=op.f('pk_likeness_key')),
    sqlite_with_rowid=False
    )
    op.create_table('wording',
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('item_id', big_id(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_wording_item_id')),
    sa.PrimaryKeyConstraint('fingerprint', name=op.f('pk_wording'))
    )
    op.create_index(op.f('ix_wording_item_id'), 'wording', ['item_id'], unique=False)
    _name_the_steps()
    _index_what_is_there()


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TRIGGER review_step_no_update')  # it names the column
        op.drop_column('review_step', 'step')
        op.execute(protect_statements('sqlite', 'review_step', STEP_COLUMNS)[0])
    else:
        op.drop_column('review_step', 'step')
    for table in ('wording', 'likeness_key', 'item_observation', 'enemy_pair'):
        op.drop_table(table)


def _name_the_steps() -> None:
    """What was done follows from what it came to; a draft after a review of the same version was a return."""
    sqlite = op.get_bind().dialect.name == 'sqlite'
    names = sa.Enum('save', 'submit', 'approve', 'return', 'reconfirm', 'suspend', 'resume', 'retire', name='step', native_enum=False, length=32)
    op.add_column('review_step', sa.Column('step', names, server_default='save', nullable=False))
    op.execute('DROP TRIGGER review_step_no_update' if sqlite else 'ALTER TABLE review_step DISABLE TRIGGER review_step_no_update')
    op.execute(
        "UPDATE review_step SET step = CASE state WHEN 'in_review' THEN 'submit' WHEN 'approved' THEN 'approve' "
        "WHEN 'retired' THEN 'retire' ELSE CASE WHEN EXISTS (SELECT 1 FROM review_step AS earlier WHERE "
        "earlier.item_version_id = review_step.item_version_id AND earlier.id < review_step.id) "
        "THEN 'return' ELSE 'save' END END"
    )
    if sqlite:
        op.execute(protect_statements('sqlite', 'review_step', [*STEP_COLUMNS, 'step'])[0])
    else:
        op.execute('ALTER TABLE review_step ENABLE TRIGGER review_step_no_update')
        op.alter_column('review_step', 'step', server_default=None)


def _index_what_is_there() -> None:
    connection = op.get_bind()
    op.execute(
        "INSERT INTO wording (fingerprint, item_id) SELECT fingerprint, MIN(item_id) FROM item_version "
        "WHERE part_number = 0 AND item_id IN (SELECT id FROM item WHERE state <> 'retired') GROUP BY fingerprint"
    )
    version = sa.table(
        'item_version', sa.column('id'), sa.column('item_id'), sa.column('number'), sa.column('part_number'),
        sa.column('type'), sa.column('stem'), sa.column('options', sa.JSON()),
    )
    texts: dict[tuple[int, int], list[str]] = {}
    ids: dict[tuple[int, int], int] = {}
    for row in connection.execute(sa.select(version).order_by(version.c.item_id, version.c.number, version.c.part_number)):
        whole = (row.item_id, row.number)
        if row.part_number == 0:
            ids[whole] = row.id
        options = [] if row.type == 'true_false' else [text for _, text in row.options]
        texts.setdefault(whole, []).extend([row.stem, *options])
    keys = [
        {'key': key, 'item_version_id': ids[whole]}
        for whole, asked in texts.items()
        for key in index_keys(trigrams_of(asked))
    ]
    if keys:
        connection.execute(sa.insert(sa.table('likeness_key', sa.column('key'), sa.column('item_version_id'))), keys)
