"""Whether simulated spines have the sizes, images the contrast and studies the speed that are asked of them.

    python benchmarks/simulation.py [sizes] [wear] [contrast] [time] [crops] [--draws 200] [--device numpy|torch-cpu|cuda]

sizes     area of cord and canal per level and sex over so many adults, without rendering, against the published norms: the mean
          within 0.25 SD, the spread within 30 %
wear      how often discs are degenerate or bulge at 20 to 80 years, spines are curved and vertebrae are more or fewer
contrast  ratios of intensities in images of simulated studies against published ranges
time      of a clinical study of six series, in seconds of one core and of the clock
crops     of 128³ voxels of 1 mm a second, cut from a painted block and imaged in CONTRASTS on --device: at least 1 on two cores,
          20 on a GPU; torch has to be installed for other devices than numpy

Without a word, all of it. Ends with 1 where a figure lies outside its bounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import Role
from thecal.simulation import Phantom, crop, simulate
from thecal.simulation.numbering import ONE_FEWER, ONE_MORE, PEOPLE
from thecal.simulation.spine import Spine, draw_spine, scoliosis_rate
from thecal.simulation.wear import BULGING_MM, DEGENERATE

# Published mean and SD in mm², adults. Source: pam50_normalized_metrics
CORD = {
    "C2": (71.7, 6.9), "C4": (77.3, 7.5), "C7": (56.8, 7.2), "T3": (37.9, 5.2), "T6": (34.9, 3.9), "T9": (39.3, 4.7),
    "T11": (48.8, 8.6),
}  # fmt: skip
CANAL = {"C3": (210.0, 29.0), "C7": (195.0, 32.0), "T3": (151.0, 28.0)}
C2_BY_SEX = {"men": 74.1, "women": 69.1}
# Share of people without complaints by age. Source: brinjikji_2015
DEGENERATION = {20: 0.37, 30: 0.52, 40: 0.68, 50: 0.80, 60: 0.88, 70: 0.93, 80: 0.96}
BULGE = {20: 0.30, 30: 0.40, 40: 0.50, 50: 0.60, 60: 0.69, 70: 0.77, 80: 0.84}
MEAN_WITHIN_SD, SPREAD_WITHIN = 0.25, 0.30
SECONDS = 30.0
CONTRASTS: tuple[Role, ...] = ("T1w", "T1w_ce", "T2w", "T2w_fs")
CROPS, SIDE, ON_TWO_CORES, ON_GPU = 8, 128, 1.0, 20.0


class Tally:
    """Prints a line for each figure and remembers whether all lie within their bounds."""

    def __init__(self) -> None:
        self.outside = 0

    def tell(self, name: str, value: str, good: bool) -> None:
        """One figure with its verdict."""
        self.outside += not good
        print(f"  {name:<52}{value:<62}{'ok' if good else 'OUTSIDE'}")


def adults(count: int) -> list[Spine]:
    """So many spines of adults from 20 to 70 years, men and women by turns."""
    ages = np.random.default_rng(5).uniform(20, 70, count)
    return [
        draw_spine(np.random.default_rng([77, n]), age=float(age), female=bool(n % 2), step_mm=1.0)
        for n, age in enumerate(ages)
    ]


def check_sizes(tally: Tally, draws: int) -> None:
    """Areas at mid-height of the vertebrae against the norms."""
    spines = adults(draws)
    women = np.array([spine.female for spine in spines])
    for title, norms, which in (("cord", CORD, "cord"), ("canal", CANAL, "sac")):
        for name, (mean, spread) in norms.items():
            areas = np.array([spine.at(getattr(spine, which).area, spine.level(name).middle) for spine in spines])
            off, ratio = (areas.mean() - mean) / spread, areas.std(ddof=1) / spread
            tally.tell(
                f"{title} at {name}, published {mean} ± {spread}",
                f"{areas.mean():6.1f} ± {areas.std(ddof=1):4.1f}  ({off:+.2f} SD, × {ratio:.2f})  "
                f"men {areas[~women].mean():.1f} women {areas[women].mean():.1f}",
                abs(off) <= MEAN_WITHIN_SD and abs(ratio - 1) <= SPREAD_WITHIN,
            )
    at_c2 = np.array([spine.at(spine.cord.area, spine.level("C2").middle) for spine in spines])
    for sex, values in (("men", at_c2[~women]), ("women", at_c2[women])):
        off = (values.mean() - C2_BY_SEX[sex]) / CORD["C2"][1]
        tally.tell(f"cord at C2, {sex}, published {C2_BY_SEX[sex]}", f"{values.mean():.1f} ({off:+.2f} SD)",
                   abs(off) <= MEAN_WITHIN_SD)  # fmt: skip


def check_wear(tally: Tally, draws: int) -> None:
    """Frequencies that come with age, within 12 points; counts of vertebrae within 3 standard errors."""
    for age in (20, 40, 60, 80):
        spines = [
            draw_spine(np.random.default_rng([age, n]), age=age, female=bool(n % 2), step_mm=4.0) for n in range(draws)
        ]
        lumbar = [[disc for name, disc in spine.discs.items() if name[0] == "L"] for spine in spines]
        for title, wanted, worn in (
            ("degenerate lumbar disc", DEGENERATION[age], [max(d.state for d in row) > DEGENERATE for row in lumbar]),
            ("bulging lumbar disc", BULGE[age], [max(d.bulge_mm for d in row) > BULGING_MM for row in lumbar]),
            ("curve of 10 degrees", scoliosis_rate(age), [spine.cobb_deg >= 10 for spine in spines]),
        ):
            share = float(np.mean(worn))
            tally.tell(f"{title} at {age} years, published {wanted:.2f}", f"{share:.2f}", abs(share - wanted) <= 0.12)
    kinds = [spine.numbering.kind for spine in adults(5 * draws)]
    for title, names, count in (("23", ("T11", "L4"), ONE_FEWER), ("25", ("T13", "L6"), ONE_MORE)):
        rate, share = count / PEOPLE, float(np.mean([kind in names for kind in kinds]))
        error = 3 * np.sqrt(rate * (1 - rate) / len(kinds))
        tally.tell(
            f"{title} vertebrae above the sacrum, published {rate:.3f}", f"{share:.3f}", abs(share - rate) <= error
        )


@dataclass(frozen=True)
class Ratio:
    """A ratio of two tissues on one series, its published range, and where that comes from ('' where none was found)."""

    name: str
    series: str
    above: str
    below: str
    low: float
    high: float
    source: str


RATIOS = (
    Ratio("T1 marrow over CSF (VBQ), 3 T", "acq-sag_T1w", "marrow", "csf", 2.20 - 0.86, 2.20 + 0.86, "vbq_field_2023"),
    Ratio("T1 marrow over CSF (VBQ), all ages", "acq-sag_T1w", "marrow", "csf", 2.39 - 0.74, 3.27 + 0.57, "vbq_norms"),
    Ratio("T1 muscle over fat", "acq-sag_T1w", "muscle", "fat", 0.14, 0.40, "elliott_2013, its upper end judged"),
    Ratio("T1 cord over CSF", "acq-sag_T1w", "cord", "csf", 1.3, 4.0, ""),
    Ratio("T1 marrow over disc", "acq-sag_T1w", "marrow", "disc", 1.0, 3.0, ""),
    Ratio("T2 CSF over cord", "acq-sag_T2w", "csf", "cord", 2.0, 4.5, ""),
    Ratio("T2 disc over CSF", "acq-sag_T2w", "disc", "csf", 0.08, 0.8, ""),
    Ratio("T2 fat over CSF", "acq-sag_T2w", "fat", "csf", 0.3, 1.4, ""),
    Ratio("T2* white over grey matter", "acq-ax_T2starw", "white", "grey", 0.6, 1.0, "martin_2017, as to which is darker"),
    Ratio("T2* CSF over cord", "acq-ax_T2starw", "csf", "cord", 1.0, 3.0, ""),
)  # fmt: skip
TUMOURS = (
    Ratio("T2 schwannoma over cord", "acq-sag_T2w", "tumour", "cord", 1.40, 2.59, "idem_contrast_ratio_2024"),
    Ratio("T2 meningioma over cord", "acq-sag_T2w", "tumour", "cord", 0.70, 1.53, "idem_contrast_ratio_2024"),
    Ratio("T1 C+ schwannoma over cord", "acq-sag_ce-gadolinium_T1w", "tumour", "cord", 1.2, 3.5, ""),
    Ratio("T1 C+ meningioma over cord", "acq-sag_ce-gadolinium_T1w", "tumour", "cord", 1.2, 3.5, ""),
)


def check_contrast(tally: Tally, draws: int) -> None:
    """Median ratio over some studies; where no published range was found, the ratio is printed beside a judged one."""
    count = max(3, draws // 60)
    regions = ("lumbar", "cervical", "thoracic")
    healthy = [
        simulate("healthy", n, protocol="both_planes", region=regions[n % 3], signs={"age_years": 25.0 + 10 * n})
        for n in range(1, count + 1)
    ]
    for ratio in RATIOS:
        _tell_ratio(tally, ratio, healthy)
    # As bright on T2 as most are: how often they are otherwise is the knowledge's affair.
    for entity, signal in (("schwannoma", "hyperintense"), ("meningioma", "isointense")):
        signs = {"t2_signal": signal, "level": "thoracic", "tumoral_cyst": "absent"}
        cases = [simulate(entity, n, protocol="both_planes", signs=signs) for n in range(1, count)]
        for ratio in TUMOURS:
            if entity in ratio.name:
                _tell_ratio(tally, ratio, cases)


def _tell_ratio(tally: Tally, ratio: Ratio, phantoms: list[Phantom]) -> None:
    values = [
        found
        for phantom in phantoms
        if (found := intensity(phantom, ratio.series, ratio.above) / intensity(phantom, ratio.series, ratio.below))
        == found
    ]
    middle = float(np.median(values)) if values else float("nan")
    bounds = f"{ratio.low:.2f} to {ratio.high:.2f} ({ratio.source or 'judged: no published range found'})"
    tally.tell(ratio.name, f"{middle:.2f} of {len(values)}, {bounds}", ratio.low <= middle <= ratio.high)


def intensity(phantom: Phantom, series: str, tissue: str) -> float:
    """Median intensity of a tissue's voxels away from their borders; NaN where too few are shown."""
    volume = phantom.study.find(series).volume
    assert volume is not None
    anatomy, lesion = (labels.volume.voxels for labels in phantom.by_series[series])
    image = np.asarray(volume.voxels, dtype=np.float64)
    where = _place(tissue, anatomy, lesion, image)
    return float(np.median(image[where])) if where.sum() > 12 else float("nan")


def _place(
    tissue: str, anatomy: NDArray[np.int16], lesion: NDArray[np.int16], image: NDArray[np.float64]
) -> NDArray[np.bool_]:
    cord = (anatomy == 1) & (lesion == 0)
    masks: dict[str, Callable[[], NDArray[np.bool_]]] = {
        "cord": lambda: _inner(cord),
        "csf": lambda: _inner(anatomy == 2),
        "marrow": lambda: _inner((anatomy > 10) & (anatomy < 50) & (lesion == 0)),
        "disc": lambda: _inner((anatomy > 62) & (anatomy < 101)),
        "tumour": lambda: _inner(np.isin(lesion, (1, 2))),
        "grey": lambda: _inner(cord) & _nearer(cord, 0.45),
        "white": lambda: cord & ~_nearer(cord, 0.7) & ndimage.binary_erosion(anatomy == 1, np.ones((3, 3, 1))),
        # Behind the spine the brightest tenth is fat on T1 and T2, the darker half of what has signal muscle.
        "fat": lambda: _behind(anatomy) & (image > np.percentile(image[_behind(anatomy)], 85)),
        "muscle": lambda: _behind(anatomy) & _between(image, np.percentile(image[_behind(anatomy)], [15, 45])),
    }
    return masks[tissue]()


def _inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(ndimage.binary_erosion(mask, np.ones((3, 3, 1))), dtype=bool)


def _nearer(mask: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    """The part of each slice's mask within a share of its half axes from its middle."""
    inside = np.zeros_like(mask)
    for k in range(mask.shape[2]):
        places = np.argwhere(mask[:, :, k])
        if len(places) > 20:
            reach = np.maximum(np.ptp(places, axis=0) / 2, 1)
            near = (np.abs((places - places.mean(0)) / reach) ** 2).sum(1) < share**2
            inside[places[near, 0], places[near, 1], k] = True
    return inside


def _behind(anatomy: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Soft tissue 20 to 50 voxels behind the canal of a sagittal series, whose first axis runs to the back."""
    spine = ndimage.binary_dilation(anatomy > 0, np.ones((5, 5, 1)))
    rows = np.where((anatomy == 2).any(0), (anatomy == 2).argmax(0), -1000)
    depth = np.arange(anatomy.shape[0])[:, None, None] - rows[None]
    return np.asarray((depth > 20) & (depth < 50) & ~spine, dtype=bool)


def _between(image: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((image > bounds[0]) & (image < bounds[1]), dtype=bool)


def check_time(tally: Tally, _: int) -> None:
    """A clinical study, once to warm up, then timed."""
    simulate("healthy", 1, protocol="tiny")
    clock, core = time.perf_counter(), time.process_time()
    phantom = simulate("ependymoma", 2, protocol="clinical")
    core, clock = time.process_time() - core, time.perf_counter() - clock
    name = f"clinical study of {len(phantom.study.series)} series, at most {SECONDS:.0f} s"
    tally.tell(name, f"{core:.1f} s of one core, {clock:.1f} s by the clock, loaded as it is", core <= SECONDS)


def has(device: str) -> bool:
    """Whether crops can be made on a device here."""
    if device == "numpy":
        return True
    if importlib.util.find_spec("torch") is None:
        return False
    return device == "torch-cpu" or bool(importlib.import_module("torch").cuda.is_available())


def check_crops(tally: Tally, _: int, device: str = "numpy") -> None:
    """Crops a second, every one cut and imaged anew; on processors from one core's time, twice of which two cores have."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    block = importlib.import_module("training.bank").make(1)
    shoot: Callable[[int], None] = _on_numpy(block) if device == "numpy" else _on_torch(block, device)
    shoot(0)
    clock, core = time.perf_counter(), time.process_time()
    for n in range(1, CROPS + 1):
        shoot(n)
    core, clock = time.process_time() - core, time.perf_counter() - clock
    rate, bound = (CROPS / clock, ON_GPU) if device == "cuda" else (2 * CROPS / core, ON_TWO_CORES)
    where = "one GPU" if device == "cuda" else "two cores"
    name = f"crops of {SIDE}³, {len(CONTRASTS)} contrasts, {device}"
    tally.tell(name, f"{rate:.2f} a second on {where} ({core / CROPS:.2f} s of a core each)", rate >= bound)


def _on_numpy(block: Any) -> Callable[[int], None]:
    places, shape = np.array([[-3, -1, 1], [-1, 3, -3], [1, -3, 3], [3, 1, -1]]) / 8, (SIDE, SIDE, SIDE)

    def shoot(n: int) -> None:
        rng = np.random.default_rng(n)
        to_cells = np.diag([1.33, 1.33, 1.33, 1.0])
        to_cells[:3, 3] = rng.uniform(10, 25, 3)
        tissue = crop.sample(block.tissue, to_cells, shape, places)
        for codes in (block.anatomy, block.lesion):
            crop.sample(codes, to_cells, shape, places[:1])
        texture = crop.roughen(_white(rng)(shape))
        for take in crop.draw_takes(rng, block.palette, CONTRASTS, shape, 1.0):
            crop.expose(tissue, take, texture, _white(rng))

    return shoot


def _white(rng: np.random.Generator) -> crop.Normal:
    return lambda shape: rng.standard_normal(shape, dtype=np.float32)


def _on_torch(block: Any, device: str) -> Callable[[int], None]:
    torch, render = importlib.import_module("torch"), importlib.import_module("training.render")
    torch.set_num_threads(1)

    def shoot(n: int) -> None:
        room = render.Darkroom(device.removeprefix("torch-"), (n,))
        piece = room.cut(block, SIDE)
        for take in room.takes(piece, CONTRASTS):
            room.image(piece, take)
        if device == "cuda":
            torch.cuda.synchronize()

    return shoot


CHECKS: dict[str, Callable[[Tally, int], None]] = {
    "sizes": check_sizes, "wear": check_wear, "contrast": check_contrast, "time": check_time, "crops": check_crops,
}  # fmt: skip


def main() -> None:
    """Runs the checks named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", nargs="*", choices=[*CHECKS, []], default=[])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--device", choices=("numpy", "torch-cpu", "cuda"), default="numpy", help="of crops")
    given = parser.parse_args()
    if not has(given.device):
        parser.error(
            f"{given.device} is not on this machine: install training/requirements.txt, or choose another --device"
        )
    tally = Tally()
    for name in given.what or CHECKS:
        print(name)
        if name == "crops":
            check_crops(tally, given.draws, given.device)
        else:
            CHECKS[name](tally, given.draws)
    print(f"{tally.outside} figures outside their bounds")
    sys.exit(1 if tally.outside else 0)


if __name__ == "__main__":
    main()
