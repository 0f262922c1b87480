"""Key images stand once beside the drafts that show them, named by their digest."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "images",
        sa.Column("study_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("png", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"]),
        sa.PrimaryKeyConstraint("study_id", "digest"),
    )
    connection = op.get_bind()
    for row, study, told in connection.execute(sa.text("SELECT id, study_id, key_images FROM drafts")).fetchall():
        named = []
        for image in json.loads(told or "[]"):
            digest = hashlib.sha256(image["png"].encode()).hexdigest()
            named.append({**{key: value for key, value in image.items() if key != "png"}, "digest": digest})
            put = sa.text("INSERT OR IGNORE INTO images (study_id, digest, png) VALUES (:study, :digest, :png)")
            connection.execute(put, {"study": study, "digest": digest, "png": image["png"]})
        _name(row, named)


def downgrade() -> None:
    connection = op.get_bind()
    for row, study, told in connection.execute(sa.text("SELECT id, study_id, key_images FROM drafts")).fetchall():
        find = sa.text("SELECT png FROM images WHERE study_id = :study AND digest = :digest")
        whole = []
        for image in json.loads(told or "[]"):
            png = connection.execute(find, {"study": study, "digest": image["digest"]}).scalar_one()
            whole.append({**{key: value for key, value in image.items() if key != "digest"}, "png": png})
        _name(row, whole)
    op.drop_table("images")


def _name(row: int, images: list[dict[str, str]]) -> None:
    put = sa.text("UPDATE drafts SET key_images = :images WHERE id = :row")
    op.get_bind().execute(put, {"images": json.dumps(images), "row": row})
