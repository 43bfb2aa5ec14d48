"""Saved audiences, and what is said of metrics apart from their definition."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0014"
down_revision = "v0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the table and the columns."""
    op.create_table(
        "audiences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("condition", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audiences"),
        sa.UniqueConstraint("key", name="uq_audiences_key"),
    )
    with op.batch_alter_table("metrics") as metrics:
        metrics.add_column(sa.Column("certified_by", sa.String(length=254), nullable=True))
        metrics.add_column(sa.Column("archived_at", MOMENT, nullable=True))


def downgrade() -> None:
    """Drops them."""
    with op.batch_alter_table("metrics") as metrics:
        metrics.drop_column("archived_at")
        metrics.drop_column("certified_by")
    op.drop_table("audiences")
