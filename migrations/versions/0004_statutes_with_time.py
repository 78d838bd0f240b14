"""What an amendment did to each article, people's words on it, and items confirmed under a later wording."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


APPEND_ONLY = {
    "article_correspondence": ['id', 'old_version_id', 'old_article', 'new_version_id', 'new_article', 'change', 'similarity', 'recorded_at'],
    "correspondence_ruling": ['id', 'old_version_id', 'old_article', 'new_version_id', 'new_article', 'reason', 'actor_account_id', 'actor_label', 'recorded_at'],
    "citation_confirmation": ['id', 'item_version_id', 'position', 'statute_version_id', 'article', 'reason', 'actor_account_id', 'actor_label', 'recorded_at'],
}


def big_id():
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('statute_version', sa.Column('repealed', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('article_correspondence',
    sa.Column('id', big_id(), nullable=False),
    sa.Column('old_version_id', big_id(), nullable=False),
    sa.Column('old_article', sa.String(length=20), nullable=True),
    sa.Column('new_version_id', big_id(), nullable=False),
    sa.Column('new_article', sa.String(length=20), nullable=True),
    sa.Column('change', sa.Enum('unchanged', 'renumbered', 'reworded', 'gone', 'new', name='articlechange', native_enum=False, length=32), nullable=False),
    sa.Column('similarity', sa.Integer(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['new_version_id'], ['statute_version.id'], name=op.f('fk_article_correspondence_new_version_id')),
    sa.ForeignKeyConstraint(['old_version_id'], ['statute_version.id'], name=op.f('fk_article_correspondence_old_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_correspondence')),
    sa.UniqueConstraint('old_version_id', 'new_version_id', 'new_article', name=op.f('uq_article_correspondence_old_version_id_new_version_id_new_article')),
    sa.UniqueConstraint('old_version_id', 'new_version_id', 'old_article', name=op.f('uq_article_correspondence_old_version_id_new_version_id_old_article')),
    info={'append_only': True}
    )
    op.create_table('correspondence_ruling',
    sa.Column('id', big_id(), nullable=False),
    sa.Column('old_version_id', big_id(), nullable=False),
    sa.Column('old_article', sa.String(length=20), nullable=False),
    sa.Column('new_version_id', big_id(), nullable=False),
    sa.Column('new_article', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor_account_id', big_id(), nullable=True),
    sa.Column('actor_label', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['new_version_id'], ['statute_version.id'], name=op.f('fk_correspondence_ruling_new_version_id')),
    sa.ForeignKeyConstraint(['old_version_id'], ['statute_version.id'], name=op.f('fk_correspondence_ruling_old_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correspondence_ruling')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_correspondence_ruling_old_version_id_new_version_id_old_article'), 'correspondence_ruling', ['old_version_id', 'new_version_id', 'old_article'], unique=False)
    op.create_table('citation_confirmation',
    sa.Column('id', big_id(), nullable=False),
    sa.Column('item_version_id', big_id(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('statute_version_id', big_id(), nullable=False),
    sa.Column('article', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor_account_id', big_id(), nullable=True),
    sa.Column('actor_label', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_citation_confirmation_item_version_id')),
    sa.ForeignKeyConstraint(['statute_version_id'], ['statute_version.id'], name=op.f('fk_citation_confirmation_statute_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_citation_confirmation')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_citation_confirmation_item_version_id'), 'citation_confirmation', ['item_version_id'], unique=False)
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(op.get_bind().dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table('citation_confirmation')
    op.drop_table('correspondence_ruling')
    op.drop_table('article_correspondence')
    op.drop_column('statute_version', 'repealed')
