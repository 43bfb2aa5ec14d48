"""Reconciliations of orders with reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0010"
down_revision = "v0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_key", sa.String(length=63), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("stored", sa.String(length=200), nullable=True),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_key"], ["experiments.key"], name="fk_reconciliations_experiment_key"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
    )
    op.create_index("ix_reconciliations_experiment_key", "reconciliations", ["experiment_key"], unique=False)


def downgrade() -> None:
    """Drops it."""
    op.drop_table("reconciliations")
