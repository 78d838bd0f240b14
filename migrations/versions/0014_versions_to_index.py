"""Versions whose likeness keys are still to be made."""
from alembic import op
import sqlalchemy as sa

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('unindexed_version',
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_unindexed_version_item_version_id')),
    sa.PrimaryKeyConstraint('item_version_id', name=op.f('pk_unindexed_version'))
    )


def downgrade() -> None:
    op.drop_table('unindexed_version')
