"""The trigger of an experiment: the event that units must reach to be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0008"
down_revision = "v0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds it; until now no experiment had one."""
    op.add_column("experiments", sa.Column("trigger", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("experiments", "trigger")
