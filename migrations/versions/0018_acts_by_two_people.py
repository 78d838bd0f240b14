"""Acts by two people; passwords reset, with their reasons; the room's release; the sign-in of each answer event."""
from alembic import op
import sqlalchemy as sa

import core.db
from core.append_only import protect_statements

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
DECISION = sa.Enum('signed', 'refused', 'withdrawn', name='decision', native_enum=False, length=32)
APPEND_ONLY = {
    'proposal': ['id', 'kind', 'subject', 'number', 'change', 'reason', 'account_id', 'recorded_by', 'recorded_at', 'lapses_at'],
    'proposal_decision': ['proposal_id', 'decision', 'reason', 'account_id', 'recorded_by', 'recorded_at'],
    'password_reset': ['id', 'account_id', 'reason', 'proposal_id', 'reset_by_account_id', 'recorded_by', 'recorded_at'],
    'take_over_release': ['id', 'sitting_id', 'account_id', 'recorded_by', 'recorded_at'],
}
ANSWER_EVENT = ['sitting_id', 'seq', 'position', 'choice', 'late', 'recorded_at']


def upgrade() -> None:
    op.create_table('proposal',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('change', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('account_id', BIG_ID, nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('lapses_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_proposal_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sa.UniqueConstraint('kind', 'subject', 'number', name=op.f('uq_proposal_kind_subject_number'))
    )
    op.create_index(op.f('ix_proposal_recorded_at'), 'proposal', ['recorded_at'], unique=False)
    op.create_table('proposal_decision',
    sa.Column('proposal_id', core.db.UuidText(), nullable=False),
    sa.Column('decision', DECISION, nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('account_id', BIG_ID, nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_proposal_decision_account_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_decision_proposal_id')),
    sa.PrimaryKeyConstraint('proposal_id', name=op.f('pk_proposal_decision'))
    )
    op.create_table('password_reset',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('account_id', BIG_ID, nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('proposal_id', core.db.UuidText(), nullable=True),
    sa.Column('reset_by_account_id', BIG_ID, nullable=True),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_password_reset_account_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_password_reset_proposal_id')),
    sa.ForeignKeyConstraint(['reset_by_account_id'], ['account.id'], name=op.f('fk_password_reset_reset_by_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_reset'))
    )
    op.create_index(op.f('ix_password_reset_account_id'), 'password_reset', ['account_id'], unique=False)
    op.create_table('take_over_release',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('account_id', BIG_ID, nullable=True),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_take_over_release_account_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_take_over_release_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_take_over_release'))
    )
    op.create_index(op.f('ix_take_over_release_sitting_id'), 'take_over_release', ['sitting_id'], unique=False)
    dialect = op.get_bind().dialect.name
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(dialect, table, columns):
            op.execute(statement)
    op.add_column('answer_event', sa.Column('sign_in_id', sa.String(length=43), nullable=True))
    _guard_answers([*ANSWER_EVENT, 'sign_in_id'])


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TRIGGER answer_event_no_update')  # it names the column
    op.drop_column('answer_event', 'sign_in_id')
    _guard_answers(ANSWER_EVENT)
    op.drop_table('take_over_release')
    op.drop_table('password_reset')
    op.drop_table('proposal_decision')
    op.drop_table('proposal')


def _guard_answers(columns: list[str]) -> None:
    """On SQLite the trigger that refuses changes names each column."""
    if op.get_bind().dialect.name != 'sqlite':
        return
    op.execute('DROP TRIGGER IF EXISTS answer_event_no_update')
    op.execute(protect_statements('sqlite', 'answer_event', columns)[0])
