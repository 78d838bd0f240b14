"""Imports of questions: the jobs and the rows that were read."""
from alembic import op
import sqlalchemy as sa

import core.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('import_job',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_label', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('format', sa.String(length=20), nullable=False),
    sa.Column('without_law', sa.Boolean(), nullable=False),
    sa.Column('without_explanation', sa.Boolean(), nullable=False),
    sa.Column('partial', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'reading', 'ready', 'confirmed', 'writing', 'done', 'failed', 'cancelled', name='jobstate', native_enum=False, length=32), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('accepted', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('duplicates', sa.Integer(), nullable=False),
    sa.Column('warned', sa.Integer(), nullable=False),
    sa.Column('remarks', sa.JSON(), nullable=False),
    sa.Column('failure', sa.Text(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_job'))
    )
    op.create_index(op.f('ix_import_job_state'), 'import_job', ['state'], unique=False)
    op.create_index(op.f('ix_import_job_account_id'), 'import_job', ['account_id'], unique=False)
    op.create_table('import_row',
    sa.Column('job_id', core.db.UuidText(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('outcome', sa.Enum('accepted', 'rejected', 'duplicate', name='outcome', native_enum=False, length=32), nullable=False),
    sa.Column('noted', sa.Boolean(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('reserved', sa.Boolean(), nullable=False),
    sa.Column('problems', sa.JSON(), nullable=False),
    sa.Column('warnings', sa.JSON(), nullable=False),
    sa.Column('entry', sa.JSON(), nullable=True),
    sa.Column('sheet', sa.String(length=100), nullable=False),
    sa.Column('heading', sa.JSON(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['import_job.id'], name=op.f('fk_import_row_job_id')),
    sa.PrimaryKeyConstraint('job_id', 'position', name=op.f('pk_import_row'))
    )


def downgrade() -> None:
    op.drop_table('import_row')
    op.drop_index(op.f('ix_import_job_account_id'), table_name='import_job')
    op.drop_index(op.f('ix_import_job_state'), table_name='import_job')
    op.drop_table('import_job')
