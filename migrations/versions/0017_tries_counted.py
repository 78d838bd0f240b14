"""Tries of passwords are counted before they are checked; a sign-in tells what ended it."""
from alembic import op
import sqlalchemy as sa

import core.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ENDS = sa.Enum('signed_out', 'changed', 'reset', 'disabled', name='signinend', native_enum=False, length=32)


def upgrade() -> None:
    op.create_table('open_try',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('username', sa.String(length=32), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('began_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_open_try'))
    )
    op.create_index(op.f('ix_open_try_username'), 'open_try', ['username'], unique=False)
    op.create_index(op.f('ix_open_try_address'), 'open_try', ['address'], unique=False)
    op.create_index(op.f('ix_sign_in_event_address_recorded_at'), 'sign_in_event', ['address', 'recorded_at'], unique=False)
    op.add_column('sign_in_session', sa.Column('ended_by', ENDS, nullable=True))


def downgrade() -> None:
    op.drop_column('sign_in_session', 'ended_by')
    op.drop_index(op.f('ix_sign_in_event_address_recorded_at'), table_name='sign_in_event')
    op.drop_index(op.f('ix_open_try_address'), table_name='open_try')
    op.drop_index(op.f('ix_open_try_username'), table_name='open_try')
    op.drop_table('open_try')
