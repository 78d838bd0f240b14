"""Accounts that are issued in the background, and their lists."""
from alembic import op
import sqlalchemy as sa

import core.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_issue',
    sa.Column('session_id', core.db.UuidText(), nullable=False),
    sa.Column('again', sa.Boolean(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('issued', sa.Integer(), nullable=False),
    sa.Column('passed_over', sa.Integer(), nullable=False),
    sa.Column('is_saved', sa.Boolean(), nullable=False),
    sa.Column('list_deleted_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_label', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'reading', 'ready', 'confirmed', 'writing', 'done', 'failed', 'cancelled', name='jobstate', native_enum=False, length=32), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('failure', sa.Text(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['exam_session.id'], name=op.f('fk_account_issue_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_issue'))
    )
    op.create_index(op.f('ix_account_issue_account_id'), 'account_issue', ['account_id'], unique=False)
    op.create_index(op.f('ix_account_issue_session_id'), 'account_issue', ['session_id'], unique=False)
    op.create_index(op.f('ix_account_issue_state'), 'account_issue', ['state'], unique=False)
    op.create_table('issued_password',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('issue_id', core.db.UuidText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('username', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['issue_id'], ['account_issue.id'], name=op.f('fk_issued_password_issue_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_issued_password_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_issued_password_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issued_password')),
    sa.UniqueConstraint('issue_id', 'position', name=op.f('uq_issued_password_issue_id_position'))
    )
    op.create_index(op.f('ix_issued_password_person_id'), 'issued_password', ['person_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_issued_password_person_id'), table_name='issued_password')
    op.drop_table('issued_password')
    op.drop_index(op.f('ix_account_issue_state'), table_name='account_issue')
    op.drop_index(op.f('ix_account_issue_session_id'), table_name='account_issue')
    op.drop_index(op.f('ix_account_issue_account_id'), table_name='account_issue')
    op.drop_table('account_issue')
