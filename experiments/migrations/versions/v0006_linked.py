"""People keep their variant from before login to after it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the memory of variants, and the field that asks for it."""
    op.add_column("experiments", sa.Column("fallback_attribute", sa.String(length=100), nullable=True))
    op.create_table(
        "sticky_assignments",
        sa.Column("unit", sa.String(length=200), nullable=False),
        sa.Column("experiment_key", sa.String(length=63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(length=63), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("unit", "experiment_key", "version", name="pk_sticky_assignments"),
    )
    op.create_index("ix_sticky_assignments_experiment_key", "sticky_assignments", ["experiment_key"])


def downgrade() -> None:
    """Takes both away."""
    op.drop_table("sticky_assignments")
    op.drop_column("experiments", "fallback_attribute")
