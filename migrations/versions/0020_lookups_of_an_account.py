"""The lookups of an account on one day are found by an index."""
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_eligibility_lookup_asked_by_account_id_recorded_at'), 'eligibility_lookup', ['asked_by_account_id', 'recorded_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_eligibility_lookup_asked_by_account_id_recorded_at'), table_name='eligibility_lookup')
