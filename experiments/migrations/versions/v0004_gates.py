"""What experiments say of others: prerequisites, the holdout, and the page that shows their variants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; experiments of before build on nothing and belong to no holdout."""
    for column in (
        sa.Column("prerequisites", sa.JSON(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False, server_default="experiment"),
        sa.Column("holdout", sa.JSON(), nullable=True),
        sa.Column("preview_url", sa.Text(), nullable=True),
    ):
        op.add_column("experiments", column)


def downgrade() -> None:
    """Drops them."""
    for name in ("preview_url", "holdout", "role", "prerequisites"):
        op.drop_column("experiments", name)
