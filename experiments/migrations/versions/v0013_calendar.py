"""The shop's calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0013"
down_revision = "v0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("experiment_key", sa.String(length=63), nullable=True),
        sa.Column("factor", sa.Float(), nullable=True),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
        sa.ForeignKeyConstraint(
            ["experiment_key"],
            ["experiments.key"],
            name="fk_calendar_experiment_key_experiments",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_calendar_starts_on", "calendar", ["starts_on"])
    op.create_index("ix_calendar_experiment_key", "calendar", ["experiment_key"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_calendar_experiment_key", "calendar")
    op.drop_index("ix_calendar_starts_on", "calendar")
    op.drop_table("calendar")
