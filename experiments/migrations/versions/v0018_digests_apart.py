"""Digests of reports in a table of their own, for reading past a large body costs as much as reading it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0018"
down_revision = "v0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Moves what is known; reports without a digest get theirs when they are read."""
    op.create_table(
        "report_digests",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_digests_report_id_reports"),
        sa.PrimaryKeyConstraint("report_id", name="pk_report_digests"),
    )
    op.execute(
        "INSERT INTO report_digests (report_id, body) SELECT id, digest FROM reports WHERE digest IS NOT NULL"
    )
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("digest")


def downgrade() -> None:
    """Moves them back."""
    with op.batch_alter_table("reports") as reports:
        reports.add_column(sa.Column("digest", sa.Text(), nullable=True))
    op.execute("UPDATE reports SET digest = (SELECT body FROM report_digests WHERE report_id = reports.id)")
    op.drop_table("report_digests")
