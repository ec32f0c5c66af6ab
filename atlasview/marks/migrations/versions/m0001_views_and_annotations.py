"""Views, annotation sets, their changes, and the answers to requests that may come again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "atlasview_views",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("expires", sa.String(32)),
        sa.Column("gone", sa.String(32)),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("updated", sa.String(32), nullable=False),
    )
    op.create_index("ix_atlasview_views_key_hash", "atlasview_views", ["key_hash"])
    op.create_table(
        "atlasview_view_revisions",
        sa.Column("view_id", sa.String(32), sa.ForeignKey("atlasview_views.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_table(
        "atlasview_annotation_sets",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("edit_hash", sa.String(64), nullable=False),
        sa.Column("read_hash", sa.String(64), nullable=False),
        sa.Column("access", sa.String(16), nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("gone", sa.String(32)),
        sa.Column("created", sa.String(32), nullable=False),
        sa.Column("updated", sa.String(32), nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index(
        "ix_atlasview_annotation_sets_edit_hash", "atlasview_annotation_sets", ["edit_hash"]
    )
    op.create_table(
        "atlasview_annotation_versions",
        sa.Column(
            "set_id", sa.String(32), sa.ForeignKey("atlasview_annotation_sets.id"), primary_key=True
        ),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("of_step", sa.Integer),
        sa.Column("content", sa.Integer, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("regions", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        *(sa.Column(name, sa.Float(53)) for name in ("x0", "y0", "z0", "x1", "y1", "z1")),
        sa.Column("doc", sa.Text),
    )
    table = "atlasview_annotation_versions"
    op.create_index(
        "atlasview_annotation_item", table, ["set_id", "item_id", "revision"], unique=True
    )
    op.create_index("atlasview_annotation_step", table, ["set_id", "step"])
    op.create_index(
        "atlasview_annotation_live",
        table,
        ["set_id", "place"],
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "atlasview_requests",
        sa.Column("scope", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
    )
    op.create_index("ix_atlasview_requests_at", "atlasview_requests", ["at"])
