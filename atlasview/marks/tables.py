"""Tables of views and annotations, as the newest migration leaves them.

A change of an annotation is a row that is never written over: the row with ``live`` is the
annotation as it is now, the others are its history. Documents are JSON in ASCII, which every
database keeps byte for byte.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

views = Table(
    "atlasview_views",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_hash", String(64), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("expires", String(32)),
    Column("gone", String(32)),
    Column("created", String(32), nullable=False),
    Column("updated", String(32), nullable=False),
)

view_revisions = Table(
    "atlasview_view_revisions",
    metadata,
    Column("view_id", String(32), ForeignKey(views.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("created", String(32), nullable=False),
    Column("doc", Text, nullable=False),
)

sets = Table(
    "atlasview_annotation_sets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("edit_hash", String(64), nullable=False, index=True),
    Column("read_hash", String(64), nullable=False),
    Column("access", String(16), nullable=False),
    Column("space", Text, nullable=False),
    # Counts the changes of annotations; a change's number is its place in the history.
    Column("revision", Integer, nullable=False),
    # Counts the changes of the set's own title, text and rights.
    Column("edition", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("gone", String(32)),
    Column("created", String(32), nullable=False),
    Column("updated", String(32), nullable=False),
    Column("doc", Text, nullable=False),
)

versions = Table(
    "atlasview_annotation_versions",
    metadata,
    Column("set_id", String(32), ForeignKey(sets.c.id), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("item_id", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("live", Boolean, nullable=False),
    # The number of the change that first made it: annotations are listed in this order.
    Column("place", Integer, nullable=False),
    # Changes made in one step have one number here, and are undone together.
    Column("step", Integer, nullable=False),
    # The step that an undo or redo is of.
    Column("of_step", Integer),
    # The change that first had this content: undo and redo bring a content back.
    Column("content", Integer, nullable=False),
    Column("undone", Boolean, nullable=False),
    Column("type", String(16), nullable=False),
    Column("regions", Text, nullable=False),
    Column("tags", Text, nullable=False),
    *(Column(name, Float(53)) for name in ("x0", "y0", "z0", "x1", "y1", "z1")),
    # What the million of points in a map are drawn by, without opening their documents.
    Column("color", Integer),
    Column("region_id", BigInteger),
    Column("numbers", Text),
    # None: deleted.
    Column("doc", Text),
    Index("atlasview_annotation_item", "set_id", "item_id", "revision", unique=True),
    Index("atlasview_annotation_step", "set_id", "step"),
    Index(
        "atlasview_annotation_live",
        "set_id",
        "place",
        sqlite_where=text("live"),
        postgresql_where=text("live"),
    ),
)

#: Answers to requests that carried a key of their own, so that one sent again is done once.
requests = Table(
    "atlasview_requests",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", String(32), nullable=False, index=True),
    Column("answer", Text, nullable=False),
)
