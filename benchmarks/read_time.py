"""Wall time and peak memory of `thecal read`, stage by stage, on a study of clinical size.

The study is simulated: sagittal T1, T2, STIR and T1 C+ at 15 × 512 × 512, axial T2 and T1 C+ at 40 × 320 × 320, as DICOM.

Usage: python benchmarks/read_time.py [--runs 3]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

THECAL = [sys.executable, "-m", "thecal.cli"]
TARGET_S, TARGET_MIB, TARGET_HELP_S = 45.0, 3 * 1024, 0.4


def timed(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([*THECAL, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def stages(log: Path) -> list[tuple[str, float, int]]:
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        (line["stage"], line.get("seconds", 0.0), line["peak_memory_mib"])
        for line in lines
        if line.get("what") == "ended"
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulated = timed(
            ["phantom", "ependymoma", "--protocol", "clinical", "--format", "dicom", "-o", str(folder / "study")]
        )
        print(f"simulated in {simulated:.1f} s")
        for run in range(runs):
            out = folder / f"result-{run}"
            wall = timed(["read", str(folder / "study" / "dicom"), "-o", str(out), "--quiet"])
            rows = stages(out / "log.jsonl")
            print(f"\nrun {run + 1}: {'stage':<10}{'seconds':>9}{'peak MiB':>10}")
            for stage, seconds, peak in rows:
                print(f"{stage:>17}{seconds:>9.2f}{peak:>10}")
            peak = max(row[2] for row in rows)
            print(f"{'wall':>17}{wall:>9.2f}{peak:>10}   target {TARGET_S:.0f} s, {TARGET_MIB} MiB")
        helped = min(timed(["--help"]) for _ in range(5))
        print(f"\nthecal --help: {helped:.2f} s, target {TARGET_HELP_S} s")


if __name__ == "__main__":
    main()
