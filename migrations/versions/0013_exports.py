"""Exports that are made beside the server."""
from alembic import op
import sqlalchemy as sa

import core.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('export_job',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_label', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('format', sa.String(length=20), nullable=False),
    sa.Column('law', sa.String(length=200), nullable=False),
    sa.Column('type', sa.String(length=32), nullable=False),
    sa.Column('item_state', sa.String(length=32), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'reading', 'ready', 'confirmed', 'writing', 'done', 'failed', 'cancelled', name='jobstate', native_enum=False, length=32), nullable=False),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('items', sa.Integer(), nullable=False),
    sa.Column('losses', sa.JSON(), nullable=False),
    sa.Column('file', sa.LargeBinary(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_job'))
    )
    op.create_index(op.f('ix_export_job_state'), 'export_job', ['state'], unique=False)
    op.create_index(op.f('ix_export_job_account_id'), 'export_job', ['account_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_export_job_account_id'), table_name='export_job')
    op.drop_index(op.f('ix_export_job_state'), table_name='export_job')
    op.drop_table('export_job')
