"""Rows of which a part may change keep the rest: persons, accounts, grants, sign-ins, items, sessions, sittings.

The texts of articles, which nothing ever changed, become append-only.
"""
from alembic import op

from core.append_only import RowGuard, guard_statements, protect_statements, unguard_statements

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

GUARDS = {
    'person': RowGuard(
        fixed=('id', 'ref', 'name', 'recorded_at'),
        resealed=('id_number_sealed', 'id_number_index', 'key_id'),
    ),
    'account': RowGuard(fixed=('id', 'username', 'created_at'), once=('person_id',)),
    'role_grant': RowGuard(
        fixed=('id', 'account_id', 'role', 'unit_id', 'starts_on', 'recorded_at'), earlier=('ends_on',)
    ),
    'sign_in_session': RowGuard(
        fixed=('id', 'account_id', 'created_at', 'address', 'browser'), once=('ended_at',)
    ),
    'item': RowGuard(fixed=('id', 'code', 'type', 'created_at')),
    'exam_session': RowGuard(fixed=('id', 'is_rehearsal', 'is_demo', 'recorded_at'), once=('released_at',)),
    'sitting': RowGuard(
        fixed=(
            'id', 'session_id', 'person_id', 'attempt', 'unit_id', 'region_code', 'unit_kind', 'level',
            'recorded_at',
        ),
        once=('started_at', 'sealed_at', 'seal_reason', 'receipt'),
        deletable="OLD.state = 'assigned' AND OLD.draw_number = 0",
    ),
}
ARTICLE_COLUMNS = ['id', 'statute_version_id', 'position', 'label', 'heading', 'text']


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, guard in GUARDS.items():
        for statement in guard_statements(dialect, table, guard):
            op.execute(statement)
    for statement in protect_statements(dialect, 'article', ARTICLE_COLUMNS):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in GUARDS:
        for statement in unguard_statements(dialect, table):
            op.execute(statement)
    triggers = ['article_no_update', 'article_no_delete']
    if dialect == 'postgresql':
        triggers.append('article_no_truncate')
    for trigger in triggers:
        op.execute(f'DROP TRIGGER {trigger}' + (' ON article' if dialect == 'postgresql' else ''))
