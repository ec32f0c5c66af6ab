"""Colour, region and numbers of an annotation beside its document."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLE = "atlasview_annotation_versions"


def upgrade() -> None:
    """Add the columns, and fill them from the documents."""
    op.add_column(_TABLE, sa.Column("color", sa.Integer))
    op.add_column(_TABLE, sa.Column("region_id", sa.BigInteger))
    op.add_column(_TABLE, sa.Column("numbers", sa.Text))
    table = sa.table(
        _TABLE, *(sa.column(c) for c in ("set_id", "seq", "doc", "color", "region_id", "numbers"))
    )
    connection = op.get_bind()
    change = (
        sa.update(table)
        .where(table.c.set_id == sa.bindparam("at_set"), table.c.seq == sa.bindparam("at_seq"))
        .values({name: sa.bindparam(f"new_{name}") for name in ("color", "region_id", "numbers")})
    )
    last: tuple[str, int] | None = None
    while True:
        asked = sa.select(table.c.set_id, table.c.seq, table.c.doc).where(table.c.doc.is_not(None))
        if last is not None:
            asked = asked.where(
                (table.c.set_id > last[0]) | ((table.c.set_id == last[0]) & (table.c.seq > last[1]))
            )
        rows = connection.execute(asked.order_by(table.c.set_id, table.c.seq).limit(5000)).all()
        if not rows:
            return
        connection.execute(change, [_filled(*row) for row in rows])
        last = (rows[-1].set_id, rows[-1].seq)


def _filled(set_id: str, seq: int, text: str) -> dict[str, Any]:
    doc = json.loads(text)
    numbers = doc.get("properties")
    return {
        "at_set": set_id,
        "at_seq": seq,
        "new_color": int(doc["color"][1:], 16) if doc.get("color") else None,
        "new_region_id": doc["region"]["id"] if doc.get("region") else None,
        "new_numbers": json.dumps(numbers) if numbers else None,
    }
