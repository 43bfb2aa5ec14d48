"""What each metric was like lately, for planning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the baselines."""
    op.create_table(
        "baselines",
        sa.Column("metric_key", sa.String(length=63), nullable=False),
        sa.Column("definition_hash", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("metric_key", name="pk_baselines"),
    )


def downgrade() -> None:
    """Forgets the baselines; they can be computed again."""
    op.drop_table("baselines")
