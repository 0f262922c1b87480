"""How often a series' role is told rightly from its header and description.

    python benchmarks/roles.py [FOLDER]

Prints accuracy on the development rows, with every miss, and on the rows held back from whoever writes the rules: of those,
numbers only. With a folder of NIfTI files, also what each image would be taken for by its look alone.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import nibabel
import numpy as np
from ingest.role_rows import Row, accuracy, read_rows

from thecal.ingest.bids import is_label_map
from thecal.ingest.looks import judge_by_look
from thecal.ingest.roles import judge
from thecal.records import Volume


def main() -> None:
    """Prints the figures."""
    for name in ("development", "held_back"):
        rows = read_rows(name)
        role, fat = accuracy(rows)
        print(f"{name}: {len(rows)} rows, role {role:.3f}, fat suppression {fat:.3f} where stated")
        print("  by role: " + ", ".join(f"{told} {right}/{count}" for told, right, count in _by_role(rows)))
        print("  right by confidence: " + ", ".join(_by_confidence(rows)))
        if name == "development":
            _print_misses(rows)
    for folder in sys.argv[1:]:
        _print_looks(Path(folder))


def _by_role(rows: list[Row]) -> list[tuple[str, int, int]]:
    counts = Counter(row.role for row in rows)
    right = Counter[str](row.role for row in rows if judge(row.tags).role == row.role)
    return [(role, right[role], count) for role, count in counts.most_common()]


def _by_confidence(rows: list[Row]) -> list[str]:
    told = [(judge(row.tags), row.role) for row in rows]
    bands = ((0.0, 0.7), (0.7, 0.9), (0.9, 1.01))
    inside = [[kind.role == role for kind, role in told if low <= kind.confidence < high] for low, high in bands]
    return [
        f"{low:.1f} to {min(high, 1):.1f}: {sum(hits)}/{len(hits)}"
        for (low, high), hits in zip(bands, inside, strict=True)
    ]


def _print_misses(rows: list[Row]) -> None:
    for row in rows:
        kind = judge(row.tags)
        if kind.role != row.role:
            words = row.tags.get("SeriesDescription", "")
            print(f"  miss {row.row_id}: {words!r} is {row.role}, taken for {kind.role} ({kind.basis})")


def _print_looks(folder: Path) -> None:
    for path in sorted(folder.rglob("*.nii.gz")):
        if not is_label_map(path.name):
            image = nibabel.load(path)
            role, confidence = judge_by_look(Volume(np.asanyarray(image.dataobj), image.affine))
            print(f"  by look: {path.relative_to(folder)}: {role} ({confidence})")


if __name__ == "__main__":
    main()
