"""Who looked at which variant before shoppers do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0016"
down_revision = "v0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "variant_looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(length=63), nullable=False),
        sa.Column("payload_hash", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_variant_looks"),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="fk_variant_looks_experiment_id_experiments",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_variant_looks_experiment_id", "variant_looks", ["experiment_id"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_variant_looks_experiment_id", "variant_looks")
    op.drop_table("variant_looks")
