"""Every table of the first release."""

import sqlalchemy as sa
from alembic import op

import core.db
from core.append_only import protect_statements

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = {
    "audit_entry": ['id', 'recorded_at', 'actor_account_id', 'actor_label', 'address', 'action', 'subject_kind', 'subject_id', 'detail'],
    "draw": ['id', 'ref', 'subject_id', 'number', 'reason', 'law_day', 'manifest', 'seed_sealed', 'commitment', 'recorded_at'],
    "paper_spec": ['id', 'name', 'number', 'spec', 'recorded_at'],
    "policy_version": ['id', 'code', 'effective_from', 'settings', 'reason', 'recorded_at'],
    "sign_in_event": ['id', 'username', 'address', 'outcome', 'recorded_at'],
    "draw_reveal": ['draw_id', 'seed', 'recorded_at'],
    "eligibility_lookup": ['id', 'person_id', 'id_number_index', 'on_day', 'known_at', 'purpose', 'verdict', 'reason', 'policy_code', 'asked_by_account_id', 'asked_by', 'address', 'recorded_at'],
    "exemption_event": ['id', 'person_id', 'act', 'grant_id', 'on_day', 'ends_on', 'basis', 'recorded_at', 'recorded_by', 'approved_by'],
    "item_version": ['id', 'item_id', 'number', 'stem', 'options', 'answer', 'explanation', 'difficulty', 'part', 'shuffle', 'fingerprint', 'author_account_id', 'author_label', 'recorded_at'],
    "posting": ['id', 'person_id', 'unit_id', 'level', 'post', 'starts_on', 'recorded_at'],
    "citation": ['item_version_id', 'position', 'statute_version_id', 'article', 'paragraph'],
    "paper_question": ['sitting_id', 'draw_number', 'position', 'section', 'item_version_id', 'type', 'option_order'],
    "review_step": ['id', 'item_id', 'item_version_id', 'state', 'comment', 'actor_account_id', 'actor_label', 'recorded_at'],
    "answer_event": ['sitting_id', 'seq', 'position', 'choice', 'late', 'recorded_at'],
    "certificate": ['id', 'number', 'sitting_id', 'person_id', 'level', 'valid_from', 'valid_until', 'policy_code', 'recorded_at'],
    "result_revision": ['sitting_id', 'number', 'score_hundredths', 'total_hundredths', 'pass_hundredths', 'passed', 'sections', 'laws', 'rule_version', 'reason', 'recorded_by', 'recorded_at'],
    "sitting_event": ['id', 'sitting_id', 'state', 'reason', 'recorded_by', 'approved_by', 'recorded_at'],
    "time_adjustment": ['id', 'sitting_id', 'seconds', 'reason', 'recorded_by', 'recorded_at'],
    "unofficial_event": ['id', 'sitting_id', 'events', 'recorded_at'],
    "certificate_event": ['id', 'certificate_id', 'act', 'on_day', 'reason', 'recorded_by', 'recorded_at'],
}


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('actor_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('actor_label', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject_kind', sa.String(length=32), nullable=False),
    sa.Column('subject_id', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_audit_entry_recorded_at'), 'audit_entry', ['recorded_at'], unique=False)
    op.create_index(op.f('ix_audit_entry_subject_kind_subject_id'), 'audit_entry', ['subject_kind', 'subject_id'], unique=False)
    op.create_table('draw',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', core.db.UuidText(), nullable=False),
    sa.Column('subject_id', core.db.UuidText(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('law_day', sa.Date(), nullable=False),
    sa.Column('manifest', sa.Text(), nullable=False),
    sa.Column('seed_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw')),
    sa.UniqueConstraint('ref', name=op.f('uq_draw_ref')),
    sa.UniqueConstraint('subject_id', 'number', name=op.f('uq_draw_subject_id_number')),
    info={'append_only': True}
    )
    op.create_table('item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('type', sa.Enum('single', 'multiple', 'true_false', name='questiontype', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('draft', 'in_review', 'approved', 'retired', name='itemstate', native_enum=False, length=32), nullable=False),
    sa.Column('published', sa.Boolean(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('code', name=op.f('uq_item_code'))
    )
    op.create_index(op.f('ix_item_state'), 'item', ['state'], unique=False)
    op.create_table('paper_spec',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('spec', sa.JSON(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_spec')),
    sa.UniqueConstraint('name', 'number', name=op.f('uq_paper_spec_name_number')),
    info={'append_only': True}
    )
    op.create_table('person',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', core.db.UuidText(), nullable=False),
    sa.Column('name', sa.String(length=50), nullable=False),
    sa.Column('id_number_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('id_number_index', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.String(length=8), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('id_number_index', name=op.f('uq_person_id_number_index')),
    sa.UniqueConstraint('ref', name=op.f('uq_person_ref'))
    )
    op.create_table('policy_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_version')),
    sa.UniqueConstraint('code', name=op.f('uq_policy_version_code')),
    info={'append_only': True}
    )
    op.create_table('sign_in_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('username', sa.String(length=32), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.Enum('succeeded', 'failed', 'lifted', name='signinoutcome', native_enum=False, length=32), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_event')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_sign_in_event_username_recorded_at'), 'sign_in_event', ['username', 'recorded_at'], unique=False)
    op.create_table('statute',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('short_title', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statute')),
    sa.UniqueConstraint('short_title', name=op.f('uq_statute_short_title'))
    )
    op.create_table('unit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.Enum('party', 'congress', 'government', 'consultative_conference', 'supervision', 'court', 'procuratorate', 'democratic_party', 'mass_organisation', 'township', 'subdistrict', 'institution', 'enterprise', 'vertical', 'park', name='unitkind', native_enum=False, length=32), nullable=False),
    sa.Column('region_code', sa.String(length=6), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['unit.id'], name=op.f('fk_unit_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('code', name=op.f('uq_unit_code'))
    )
    op.create_index(op.f('ix_unit_parent_id'), 'unit', ['parent_id'], unique=False)
    op.create_table('account',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('username', sa.String(length=32), nullable=False),
    sa.Column('display_name', sa.String(length=50), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('length(username) >= 2', name=op.f('ck_account_username_length')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_account_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('person_id', name=op.f('uq_account_person_id')),
    sa.UniqueConstraint('username', name=op.f('uq_account_username'))
    )
    op.create_table('draw_reveal',
    sa.Column('draw_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['draw_id'], ['draw.id'], name=op.f('fk_draw_reveal_draw_id')),
    sa.PrimaryKeyConstraint('draw_id', name=op.f('pk_draw_reveal')),
    info={'append_only': True}
    )
    op.create_table('eligibility_lookup',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id_number_index', sa.LargeBinary(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('known_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('purpose', sa.String(length=200), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('policy_code', sa.String(length=40), nullable=False),
    sa.Column('asked_by_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_eligibility_lookup_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eligibility_lookup')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_eligibility_lookup_person_id'), 'eligibility_lookup', ['person_id'], unique=False)
    op.create_index(op.f('ix_eligibility_lookup_recorded_at'), 'eligibility_lookup', ['recorded_at'], unique=False)
    op.create_table('exam_session',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('room', sa.String(length=100), nullable=False),
    sa.Column('room_addresses', sa.String(length=400), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('law_day', sa.Date(), nullable=False),
    sa.Column('opens_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_start_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closes_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('cap_at_close', sa.Boolean(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('grace_seconds', sa.Integer(), nullable=False),
    sa.Column('paper_spec_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key_release', sa.Enum('never', 'with_result', name='keyrelease', native_enum=False, length=32), nullable=False),
    sa.Column('result_release', sa.Enum('at_once', 'by_office', name='resultrelease', native_enum=False, length=32), nullable=False),
    sa.Column('released_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('draw_number', sa.Integer(), nullable=False),
    sa.Column('is_rehearsal', sa.Boolean(), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('minutes > 0 AND grace_seconds >= 0', name=op.f('ck_exam_session_time')),
    sa.CheckConstraint('opens_at < last_start_at AND last_start_at <= closes_at', name=op.f('ck_exam_session_window')),
    sa.ForeignKeyConstraint(['paper_spec_id'], ['paper_spec.id'], name=op.f('fk_exam_session_paper_spec_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exam_session'))
    )
    op.create_index(op.f('ix_exam_session_held_on'), 'exam_session', ['held_on'], unique=False)
    op.create_table('exemption_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('act', sa.Enum('granted', 'withdrawn', name='exemptionact', native_enum=False, length=32), nullable=False),
    sa.Column('grant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('approved_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['grant_id'], ['exemption_event.id'], name=op.f('fk_exemption_event_grant_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_exemption_event_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exemption_event')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_exemption_event_person_id'), 'exemption_event', ['person_id'], unique=False)
    op.create_table('item_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('stem', sa.Text(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('difficulty', sa.Enum('easy', 'medium', 'hard', name='difficulty', native_enum=False, length=32), nullable=False),
    sa.Column('part', sa.String(length=20), nullable=False),
    sa.Column('shuffle', sa.Boolean(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('author_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_label', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_item_version_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_version')),
    sa.UniqueConstraint('item_id', 'number', name=op.f('uq_item_version_item_id_number')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_item_version_fingerprint'), 'item_version', ['fingerprint'], unique=False)
    op.create_table('posting',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('level', sa.Enum('below_section', 'deputy_section', 'section', 'above', name='postlevel', native_enum=False, length=32), nullable=False),
    sa.Column('post', sa.String(length=50), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_posting_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_posting_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posting')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_posting_person_id_starts_on_id'), 'posting', ['person_id', 'starts_on', 'id'], unique=False)
    op.create_index(op.f('ix_posting_unit_id'), 'posting', ['unit_id'], unique=False)
    op.create_table('statute_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('statute_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Date(), nullable=False),
    sa.Column('in_force_from', sa.Date(), nullable=False),
    sa.Column('in_force_until', sa.Date(), nullable=True),
    sa.Column('article_count', sa.Integer(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['statute_id'], ['statute.id'], name=op.f('fk_statute_version_statute_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statute_version')),
    sa.UniqueConstraint('statute_id', 'version', name=op.f('uq_statute_version_statute_id_version'))
    )
    op.create_table('article',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('statute_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=20), nullable=False),
    sa.Column('heading', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['statute_version_id'], ['statute_version.id'], name=op.f('fk_article_statute_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article')),
    sa.UniqueConstraint('statute_version_id', 'label', name=op.f('uq_article_statute_version_id_label'))
    )
    op.create_table('citation',
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('statute_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article', sa.String(length=20), nullable=False),
    sa.Column('paragraph', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_citation_item_version_id')),
    sa.ForeignKeyConstraint(['statute_version_id'], ['statute_version.id'], name=op.f('fk_citation_statute_version_id')),
    sa.PrimaryKeyConstraint('item_version_id', 'position', name=op.f('pk_citation')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_citation_statute_version_id_article'), 'citation', ['statute_version_id', 'article'], unique=False)
    op.create_table('paper_question',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('draw_number', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('section', sa.Integer(), nullable=False),
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.String(length=16), nullable=False),
    sa.Column('option_order', sa.String(length=10), nullable=False),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_paper_question_item_version_id')),
    sa.PrimaryKeyConstraint('sitting_id', 'draw_number', 'position', name=op.f('pk_paper_question')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_paper_question_item_version_id'), 'paper_question', ['item_version_id'], unique=False)
    op.create_table('review_step',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('draft', 'in_review', 'approved', 'retired', name='itemstate', native_enum=False, length=32), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('actor_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('actor_label', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_review_step_item_id')),
    sa.ForeignKeyConstraint(['item_version_id'], ['item_version.id'], name=op.f('fk_review_step_item_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_step')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_review_step_item_id_id'), 'review_step', ['item_id', 'id'], unique=False)
    op.create_table('role_grant',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('candidate', 'author', 'reviewer', 'officer', 'personnel', 'auditor', name='role', native_enum=False, length=32), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('ends_on IS NULL OR ends_on > starts_on', name=op.f('ck_role_grant_period')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_role_grant_account_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_role_grant_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    op.create_index(op.f('ix_role_grant_account_id'), 'role_grant', ['account_id'], unique=False)
    op.create_table('sign_in_session',
    sa.Column('id', sa.String(length=43), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('keep_until', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('browser', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_sign_in_session_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_session'))
    )
    op.create_index(op.f('ix_sign_in_session_account_id'), 'sign_in_session', ['account_id'], unique=False)
    op.create_table('sitting',
    sa.Column('id', core.db.UuidText(), nullable=False),
    sa.Column('session_id', core.db.UuidText(), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('assigned', 'running', 'sealed', 'graded', 'absent', 'excused', 'void', name='sittingstate', native_enum=False, length=32), nullable=False),
    sa.Column('draw_number', sa.Integer(), nullable=False),
    sa.Column('question_count', sa.Integer(), nullable=False),
    sa.Column('allowed_seconds', sa.Integer(), nullable=False),
    sa.Column('started_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('holder_id', sa.String(length=43), nullable=True),
    sa.Column('sealed_at', core.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('seal_reason', sa.Enum('handed_in', 'time_over', 'ended', name='sealreason', native_enum=False, length=32), nullable=True),
    sa.Column('receipt', sa.String(length=80), nullable=True),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('region_code', sa.String(length=6), nullable=False),
    sa.Column('unit_kind', sa.Enum('party', 'congress', 'government', 'consultative_conference', 'supervision', 'court', 'procuratorate', 'democratic_party', 'mass_organisation', 'township', 'subdistrict', 'institution', 'enterprise', 'vertical', 'park', name='unitkind', native_enum=False, length=32), nullable=False),
    sa.Column('level', sa.Enum('below_section', 'deputy_section', 'section', 'above', name='postlevel', native_enum=False, length=32), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(sealed_at IS NULL) = (seal_reason IS NULL)', name=op.f('ck_sitting_seal')),
    sa.ForeignKeyConstraint(['holder_id'], ['sign_in_session.id'], name=op.f('fk_sitting_holder_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sitting_person_id')),
    sa.ForeignKeyConstraint(['session_id'], ['exam_session.id'], name=op.f('fk_sitting_session_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_sitting_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sitting')),
    sa.UniqueConstraint('session_id', 'person_id', 'attempt', name=op.f('uq_sitting_session_id_person_id_attempt'))
    )
    op.create_index(op.f('ix_sitting_person_id'), 'sitting', ['person_id'], unique=False)
    op.create_index(op.f('ix_sitting_state_started_at'), 'sitting', ['state', 'started_at'], unique=False)
    op.create_table('answer_event',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('choice', sa.String(length=10), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_answer_event_sitting_id')),
    sa.PrimaryKeyConstraint('sitting_id', 'seq', name=op.f('pk_answer_event')),
    info={'append_only': True}
    )
    op.create_table('certificate',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('level', sa.Enum('below_section', 'deputy_section', 'section', 'above', name='postlevel', native_enum=False, length=32), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('policy_code', sa.String(length=40), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('valid_from < valid_until', name=op.f('ck_certificate_period')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_certificate_person_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_certificate_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('number', name=op.f('uq_certificate_number')),
    sa.UniqueConstraint('sitting_id', name=op.f('uq_certificate_sitting_id')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_certificate_person_id'), 'certificate', ['person_id'], unique=False)
    op.create_table('result_revision',
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('score_hundredths', sa.Integer(), nullable=False),
    sa.Column('total_hundredths', sa.Integer(), nullable=False),
    sa.Column('pass_hundredths', sa.Integer(), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('sections', sa.JSON(), nullable=False),
    sa.Column('laws', sa.JSON(), nullable=False),
    sa.Column('rule_version', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_result_revision_sitting_id')),
    sa.PrimaryKeyConstraint('sitting_id', 'number', name=op.f('pk_result_revision')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_result_revision_recorded_at'), 'result_revision', ['recorded_at'], unique=False)
    op.create_table('sitting_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('state', sa.Enum('assigned', 'running', 'sealed', 'graded', 'absent', 'excused', 'void', name='sittingstate', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('approved_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_sitting_event_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sitting_event')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_sitting_event_sitting_id'), 'sitting_event', ['sitting_id'], unique=False)
    op.create_table('time_adjustment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_time_adjustment_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_time_adjustment')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_time_adjustment_sitting_id'), 'time_adjustment', ['sitting_id'], unique=False)
    op.create_table('unofficial_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sitting_id', core.db.UuidText(), nullable=False),
    sa.Column('events', sa.JSON(), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_unofficial_event_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unofficial_event')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_unofficial_event_sitting_id'), 'unofficial_event', ['sitting_id'], unique=False)
    op.create_table('certificate_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('certificate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('act', sa.Enum('revoked', 'reinstated', name='certificateact', native_enum=False, length=32), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', core.db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_certificate_event_certificate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_event')),
    info={'append_only': True}
    )
    op.create_index(op.f('ix_certificate_event_certificate_id'), 'certificate_event', ['certificate_id'], unique=False)
    for table, columns in APPEND_ONLY.items():
        for statement in protect_statements(op.get_bind().dialect.name, table, columns):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f('ix_certificate_event_certificate_id'), table_name='certificate_event')
    op.drop_table('certificate_event')
    op.drop_index(op.f('ix_unofficial_event_sitting_id'), table_name='unofficial_event')
    op.drop_table('unofficial_event')
    op.drop_index(op.f('ix_time_adjustment_sitting_id'), table_name='time_adjustment')
    op.drop_table('time_adjustment')
    op.drop_index(op.f('ix_sitting_event_sitting_id'), table_name='sitting_event')
    op.drop_table('sitting_event')
    op.drop_index(op.f('ix_result_revision_recorded_at'), table_name='result_revision')
    op.drop_table('result_revision')
    op.drop_index(op.f('ix_certificate_person_id'), table_name='certificate')
    op.drop_table('certificate')
    op.drop_table('answer_event')
    op.drop_index(op.f('ix_sitting_state_started_at'), table_name='sitting')
    op.drop_index(op.f('ix_sitting_person_id'), table_name='sitting')
    op.drop_table('sitting')
    op.drop_index(op.f('ix_sign_in_session_account_id'), table_name='sign_in_session')
    op.drop_table('sign_in_session')
    op.drop_index(op.f('ix_role_grant_account_id'), table_name='role_grant')
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_review_step_item_id_id'), table_name='review_step')
    op.drop_table('review_step')
    op.drop_index(op.f('ix_paper_question_item_version_id'), table_name='paper_question')
    op.drop_table('paper_question')
    op.drop_index(op.f('ix_citation_statute_version_id_article'), table_name='citation')
    op.drop_table('citation')
    op.drop_table('article')
    op.drop_table('statute_version')
    op.drop_index(op.f('ix_posting_unit_id'), table_name='posting')
    op.drop_index(op.f('ix_posting_person_id_starts_on_id'), table_name='posting')
    op.drop_table('posting')
    op.drop_index(op.f('ix_item_version_fingerprint'), table_name='item_version')
    op.drop_table('item_version')
    op.drop_index(op.f('ix_exemption_event_person_id'), table_name='exemption_event')
    op.drop_table('exemption_event')
    op.drop_index(op.f('ix_exam_session_held_on'), table_name='exam_session')
    op.drop_table('exam_session')
    op.drop_index(op.f('ix_eligibility_lookup_recorded_at'), table_name='eligibility_lookup')
    op.drop_index(op.f('ix_eligibility_lookup_person_id'), table_name='eligibility_lookup')
    op.drop_table('eligibility_lookup')
    op.drop_table('draw_reveal')
    op.drop_table('account')
    op.drop_index(op.f('ix_unit_parent_id'), table_name='unit')
    op.drop_table('unit')
    op.drop_table('statute')
    op.drop_index(op.f('ix_sign_in_event_username_recorded_at'), table_name='sign_in_event')
    op.drop_table('sign_in_event')
    op.drop_table('policy_version')
    op.drop_table('person')
    op.drop_table('paper_spec')
    op.drop_index(op.f('ix_item_state'), table_name='item')
    op.drop_table('item')
    op.drop_table('draw')
    op.drop_index(op.f('ix_audit_entry_subject_kind_subject_id'), table_name='audit_entry')
    op.drop_index(op.f('ix_audit_entry_recorded_at'), table_name='audit_entry')
    op.drop_table('audit_entry')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
