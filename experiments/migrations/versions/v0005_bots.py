"""What people say of bots, and what the scheduler saw in the events for web workers to read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "bot_verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("says", sa.String(length=10), nullable=True),
        sa.Column("events_per_hour", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bot_verdicts"),
    )
    op.create_table(
        "observations",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_observations"),
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("observations")
    op.drop_table("bot_verdicts")
