"""Sources that facts are pulled from, and rows of them that could not be taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0012"
down_revision = "v0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("pulled_at", MOMENT, nullable=True),
        sa.Column("failed_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("key", name="uq_sources_key"),
    )
    op.create_table(
        "source_refusals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=63), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("row_id", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source_refusals"),
        sa.UniqueConstraint("source_key", "part", "row_id", name="uq_source_refusals_source_key_part_row_id"),
    )
    op.create_index("ix_source_refusals_source_key", "source_refusals", ["source_key"])


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_source_refusals_source_key", "source_refusals")
    op.drop_table("source_refusals")
    op.drop_table("sources")
