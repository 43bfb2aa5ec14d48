"""Phases of experiments, and which part of the hash goes to which variant once one grew."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds them; what has been started is in its first phase, divided as it is now."""
    op.add_column("experiments", sa.Column("slots", sa.JSON(), nullable=True))
    phases = op.create_table(
        "phases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("splits", sa.JSON(), nullable=False),
        sa.Column("frozen_plan", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("opened_by", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name="fk_phases_experiment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_phases"),
        sa.UniqueConstraint("experiment_id", "version", name="uq_phases_experiment_id_version"),
    )
    started = _started(op.get_bind())
    if started:
        op.bulk_insert(phases, started)


def downgrade() -> None:
    """Drops them."""
    op.drop_table("phases")
    op.drop_column("experiments", "slots")


def _started(connection: sa.Connection) -> list[dict[str, Any]]:
    metadata = sa.MetaData()
    experiments = sa.Table(
        "experiments", metadata,
        sa.Column("id"), sa.Column("version"), sa.Column("owner"), sa.Column("traffic"),
        sa.Column("started_at", MOMENT), sa.Column("stopped_at", MOMENT),
        sa.Column("frozen_plan"), sa.Column("plan_hash"),
    )  # fmt: skip
    variants = sa.Table(
        "variants", metadata,
        sa.Column("experiment_id"), sa.Column("position"), sa.Column("key"), sa.Column("weight"),
    )  # fmt: skip
    found = []
    query = sa.select(experiments).where(experiments.c.frozen_plan.is_not(None))
    for row in connection.execute(query).mappings().all():
        arms = connection.execute(
            sa.select(variants.c.key, variants.c.weight)
            .where(variants.c.experiment_id == row["id"])
            .order_by(variants.c.position)
        ).all()
        split = {
            # SQLite keeps moments in UTC and forgets that.
            "from": row["started_at"].replace(tzinfo=row["started_at"].tzinfo or UTC).isoformat(),
            "traffic": row["traffic"],
            "variants": [{"key": key, "weight": weight} for key, weight in arms],
            "slots": None,
        }
        found.append(
            {
                "experiment_id": row["id"],
                "version": row["version"],
                "started_at": row["started_at"],
                "ended_at": row["stopped_at"],
                "splits": [split],
                "frozen_plan": row["frozen_plan"],
                "plan_hash": row["plan_hash"],
                "opened_by": row["owner"],
                "reason": "",
            }
        )
    return found
