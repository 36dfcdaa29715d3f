"""Make all tables of the first version."""
# ruff: noqa: E501 -- drafted by Alembic

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, Plain

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("action", Plain(), nullable=False),
        sa.Column("ref", Plain(), nullable=False),
        sa.Column("by", Plain(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "case",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("signal", Plain(), nullable=False),
        sa.Column("about", Plain(), nullable=False),
        sa.Column("reason", Plain(), nullable=False),
        sa.Column("advice", Plain(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("owner", Plain(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("reply_by", Instant(), nullable=True),
        sa.Column("snoozed_until", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_because", Plain(), nullable=False),
        sa.Column("words", Plain(), nullable=False),
        sa.Column("by", Plain(), nullable=False),
        sa.Column("climbed", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'accepted', 'snoozed', 'closed')", name="ck_case_state"),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_case_owner",
        "case",
        ["owner", "opened_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", Plain(), nullable=False),
        sa.Column("programme", Plain(), nullable=False),
        sa.Column("version", Plain(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("phase", Plain(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("pauses", Plain(), nullable=False),
        sa.Column("changes", Plain(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("options", Plain(), nullable=False),
        sa.Column("next_due_at", Instant(), nullable=True),
        sa.Column("error", Plain(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'paused', 'closed', 'stopped')", name="ck_enrolment_state"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_enrolment_due",
        "enrolment",
        ["next_due_at", "id"],
        unique=False,
        sqlite_where=sa.text("next_due_at IS NOT NULL"),
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_enrolment_error",
        "enrolment",
        ["id"],
        unique=False,
        sqlite_where=sa.text("error <> ''"),
        postgresql_where=sa.text("error <> ''"),
    )
    op.create_table(
        "inbox",
        sa.Column("key", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person",
        sa.Column("id", Plain(), nullable=False),
        sa.Column("name", Plain(), nullable=False),
        sa.Column("email", Plain(), nullable=False),
        sa.Column("language", Plain(), nullable=False),
        sa.Column("zone", Plain(), nullable=False),
        sa.Column("country", Plain(), nullable=False),
        sa.Column("weekdays", Plain(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("leave", Plain(), nullable=False),
        sa.Column("department", Plain(), nullable=False),
        sa.Column("position", Plain(), nullable=False),
        sa.Column("manager", Plain(), nullable=False),
        sa.Column("is_coordinator", sa.Boolean(), nullable=False),
        sa.Column("is_director", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("address", Plain(), nullable=True),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("trouble", Plain(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("at_ease", sa.Boolean(), nullable=True),
        sa.Column("snoozed_until", Instant(), nullable=True),
        sa.Column("room", Plain(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_person_address",
        "person",
        ["address"],
        unique=True,
        sqlite_where=sa.text("address IS NOT NULL"),
        postgresql_where=sa.text("address IS NOT NULL"),
    )
    op.create_table(
        "programme",
        sa.Column("id", Plain(), nullable=False),
        sa.Column("version", Plain(), nullable=False),
        sa.Column("text", Plain(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
    )
    op.create_table(
        "setting",
        sa.Column("key", Plain(), nullable=False),
        sa.Column("value", Plain(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agreement",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("purpose", Plain(), nullable=False),
        sa.Column("rhythm", Plain(), nullable=False),
        sa.Column("channels", Plain(), nullable=False),
        sa.Column("reply_hours", sa.Integer(), nullable=False),
        sa.Column("confidential", Plain(), nullable=False),
        sa.Column("agreed", Plain(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("step", Plain(), nullable=False),
        sa.Column("occurrence", Plain(), nullable=False),
        sa.Column("person", Plain(), nullable=False),
        sa.Column("field", Plain(), nullable=False),
        sa.Column("kind", Plain(), nullable=False),
        sa.Column("value", Plain(), nullable=False),
        sa.Column("seen_by", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("about", Plain(), nullable=False),
        sa.Column("sealed_in", Plain(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('checkin_scale', 'checkin_words', 'daily_look', 'feedback', 'going', 'review', 'private', 'fit', 'evaluation', 'satisfaction', 'ease', 'competency', 'note')",
            name="ck_answer_kind",
        ),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "goal",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("title", Plain(), nullable=False),
        sa.Column("period", Plain(), nullable=False),
        sa.Column("baseline", sa.Float(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", Plain(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("ratings", Plain(), nullable=False),
        sa.Column("by", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'reached', 'rated', 'dropped')", name="ck_goal_state"),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meeting",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("step", Plain(), nullable=False),
        sa.Column("occurrence", Plain(), nullable=False),
        sa.Column("people", Plain(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("slots", Plain(), nullable=False),
        sa.Column("chooser", Plain(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column("link", Plain(), nullable=False),
        sa.Column("in_person", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("asked", Plain(), nullable=False),
        sa.Column("said", Plain(), nullable=False),
        sa.CheckConstraint(
            "state IN ('wanted', 'offered', 'fixed', 'held', 'missed', 'cancelled')", name="ck_meeting_state"
        ),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_meeting_fixed",
        "meeting",
        ["starts_at"],
        unique=False,
        sqlite_where=sa.text("state = 'fixed'"),
        postgresql_where=sa.text("state = 'fixed'"),
    )
    op.create_table(
        "note",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("by", Plain(), nullable=False),
        sa.Column("to", Plain(), nullable=False),
        sa.Column("text", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answer", Plain(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("to", Plain(), nullable=False),
        sa.Column("content", Plain(), nullable=False),
        sa.Column("key", Plain(), nullable=False),
        sa.Column("kind", Plain(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("along_from", Instant(), nullable=True),
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("expires", Instant(), nullable=True),
        sa.Column("replaces", Plain(), nullable=False),
        sa.Column("about", Plain(), nullable=False),
        sa.Column("any_hour", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("why", Plain(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("message", Plain(), nullable=False),
        sa.Column("channel", Plain(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("owner", Plain(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invite', 'nudge', 'info', 'reminder', 'answer', 'change', 'case', 'help', 'update')",
            name="ck_outbox_kind",
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'failed', 'dropped', 'doubtful', 'held')",
            name="ck_outbox_state",
        ),
        sa.ForeignKeyConstraint(
            ["to"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_budget",
        "outbox",
        ["to", "sent_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NOT NULL AND kind NOT IN ('answer', 'change', 'help', 'update')"),
        postgresql_where=sa.text(
            "sent_at IS NOT NULL AND kind NOT IN ('answer', 'change', 'help', 'update')"
        ),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["not_before", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_outbox_lead",
        "outbox",
        ["lead"],
        unique=False,
        sqlite_where=sa.text("lead <> 0"),
        postgresql_where=sa.text("lead <> 0"),
    )
    op.create_index(
        "ix_outbox_message",
        "outbox",
        ["channel", "message"],
        unique=False,
        sqlite_where=sa.text("message <> ''"),
        postgresql_where=sa.text("message <> ''"),
    )
    op.create_index(
        "ix_outbox_sending",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_outbox_unsettled",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('doubtful', 'failed')"),
        postgresql_where=sa.text("state IN ('doubtful', 'failed')"),
    )
    op.create_index(
        "ix_outbox_to",
        "outbox",
        ["to", "not_before"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True)
    op.create_table(
        "passed",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("week", Plain(), nullable=False),
        sa.Column("card", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plan_item",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("period", Plain(), nullable=False),
        sa.Column("text", Plain(), nullable=False),
        sa.Column("owner", Plain(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name="ck_plan_item_state"),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("step", Plain(), nullable=False),
        sa.Column("stages", Plain(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("chair", Plain(), nullable=False),
        sa.Column("began_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("decision", Plain(), nullable=False),
        sa.Column("decide_by", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('ahead', 'running', 'closed', 'cancelled')", name="ck_review_state"),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seat",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("role", Plain(), nullable=False),
        sa.Column("person", Plain(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("until", Instant(), nullable=True),
        sa.CheckConstraint("role IN ('co', 'di', 'he', 'me', 'mo')", name="ck_seat_role"),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "role", "person"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seat_person", "seat", ["person"], unique=False)
    op.create_table(
        "step_state",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("step", Plain(), nullable=False),
        sa.Column("occurrence", Plain(), nullable=False),
        sa.Column("person", Plain(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", Plain(), nullable=False),
        sa.Column("nudges", sa.Integer(), nullable=False),
        sa.Column("nudged_at", Instant(), nullable=True),
        sa.Column("alerted_at", Instant(), nullable=True),
        sa.Column("why", Plain(), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'open', 'done', 'skipped', 'escalated')", name="ck_step_state_state"
        ),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "task",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("title", Plain(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("independent", sa.Boolean(), nullable=False),
        sa.Column("about", Plain(), nullable=False),
        sa.Column("state", Plain(), nullable=False),
        sa.Column("by", Plain(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'doing', 'done', 'dropped')", name="ck_task_state"),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tick",
        sa.Column("enrolment", Plain(), nullable=False),
        sa.Column("id", Plain(), nullable=False),
        sa.Column("step", Plain(), nullable=False),
        sa.Column("item", Plain(), nullable=False),
        sa.Column("label", Plain(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", Plain(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment"],
            ["enrolment.id"],
        ),
        sa.PrimaryKeyConstraint("enrolment", "id"),
        sqlite_with_rowid=False,
    )
