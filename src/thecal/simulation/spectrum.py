"""A single-voxel proton spectrum of a lesion, or of normal cord, and its form as NIfTI-MRS.

The model is a sum of damped singlets and doublets at the metabolites' chemical shifts, with water left over and noise. Amplitudes
of normal cord follow cooke_2004 (NAA 17.3, creatine 9.5, choline 2.7 mmol/l); a lesion has less NAA, and choline against creatine
up to 1.3 times cord's where choline is not raised, 2.5 to 6 times where it is (judged; marliani_2010 found it raised in plaques).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from thecal.simulation.signs import Case

SOURCES: Mapping[str, str] = {"cooke_2004": "10.1002/mrm.20084", "marliani_2010": "10.3174/ajnr.A1738"}
# Chemical shift in ppm, protons, splitting in Hz of each line; creatine and inositol by their main lines.
LINES: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "naa": ((2.01, 3.0, 0.0),), "creatine": ((3.03, 3.0, 0.0), (3.91, 2.0, 0.0)), "choline": ((3.21, 9.0, 0.0),),
    "inositol": ((3.56, 4.0, 0.0),), "lactate": ((1.33, 3.0, 6.9),), "lipid": ((1.30, 6.0, 0.0), (0.90, 3.0, 0.0)),
}  # fmt: skip
CORD: Mapping[str, float] = {
    "naa": 17.3,
    "creatine": 9.5,
    "choline": 2.7,
    "inositol": 7.0,
    "lactate": 0.0,
    "lipid": 0.0,
}
WATER_PPM, LARMOR_MHZ_PER_T = 4.65, 42.577
POINTS, BANDWIDTH_HZ = 1024, 2000.0
ECHO_S, REPETITION_S = 0.035, 2.0
# Right, front and up; source: cooke_2004 for the cervical cord.
VOXEL_MM = (9.0, 7.0, 35.0)
MRS_EXTENSION = 44
DECAYED = frozenset({"lipid"})
AGGRESSIVE = frozenset({
    "high_grade_astrocytoma", "diffuse_midline_glioma_h3k27", "intramedullary_metastasis", "embryonal_tumour",
    "intramedullary_lymphoma", "intramedullary_abscess", "epidural_abscess",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A free induction decay, complex over time, with its place: affine of one voxel, RAS mm.

    amounts are the metabolites that made it, in mmol/l.
    """

    decay: NDArray[np.complex64]
    affine: NDArray[np.float64]
    field_t: float
    amounts: Mapping[str, float]

    @property
    def frequency_mhz(self) -> float:
        """The scanner's frequency for protons."""
        return self.field_t * LARMOR_MHZ_PER_T

    def over_ppm(self) -> tuple[NDArray[np.float64], NDArray[np.complex64]]:
        """The spectrum over its chemical shifts in ppm."""
        hertz = np.fft.fftshift(np.fft.fftfreq(len(self.decay), 1 / BANDWIDTH_HZ))
        return WATER_PPM + hertz / self.frequency_mhz, np.fft.fftshift(np.fft.fft(self.decay)).astype(np.complex64)


def draw_amounts(case: Case, rng: np.random.Generator) -> dict[str, float]:
    """Metabolites of the case's lesion, or of normal cord, in mmol/l."""
    amounts = {name: amount * float(rng.normal(1.0, 0.06)) for name, amount in CORD.items()}
    if case.archetype == "none" or "choline_raised" not in case.signs:
        return amounts
    raised = case.is_("choline_raised")
    usual = CORD["choline"] / CORD["creatine"]
    amounts["creatine"] = CORD["creatine"] * float(rng.uniform(0.55, 0.95))
    amounts["choline"] = amounts["creatine"] * usual * float(rng.uniform(2.5, 6.0) if raised else rng.uniform(0.8, 1.3))
    amounts["naa"] = CORD["naa"] * float(rng.uniform(0.05, 0.35) if raised else rng.uniform(0.35, 0.9))
    if case.entity in AGGRESSIVE:
        amounts["lactate"], amounts["lipid"] = float(rng.uniform(1, 6)), float(rng.uniform(2, 12))
    return amounts


def acquire(case: Case, affine: NDArray[np.float64], field_t: float, rng: np.random.Generator) -> Spectrum:
    """A spectrum of the case at a place."""
    amounts = draw_amounts(case, rng)
    time = np.arange(POINTS) / BANDWIDTH_HZ
    width = float(rng.uniform(6, 11))
    decay = np.zeros(POINTS, np.complex128)
    for name, lines in LINES.items():
        damping = np.exp(-time * np.pi * width * (4.0 if name in DECAYED else 1.0))
        for shift, protons, split in lines:
            hertz = (shift - WATER_PPM) * field_t * LARMOR_MHZ_PER_T
            for offset in (-split / 2, split / 2) if split else (0.0,):
                share = 0.5 if split else 1.0
                decay += amounts[name] * protons * share * np.exp(2j * np.pi * (hertz + offset) * time) * damping
    decay += float(rng.uniform(20, 120)) * np.exp(2j * np.pi * float(rng.normal(0, 2)) * time - time * np.pi * 14)
    noise = float(rng.uniform(0.6, 1.4))
    decay += noise * (rng.standard_normal(POINTS) + 1j * rng.standard_normal(POINTS))
    return Spectrum(decay.astype(np.complex64), affine, field_t, amounts)


def choline_ratio(spectrum: Spectrum) -> float:
    """Choline to creatine by least squares over the known lines, in mmol to mmol: what a reader of the file would find."""
    time = np.arange(POINTS) / BANDWIDTH_HZ
    columns = []
    for lines in (*LINES.values(), ((WATER_PPM, 1.0, 0.0),)):
        hertz = [(shift - WATER_PPM) * spectrum.frequency_mhz for shift, _, _ in lines]
        columns.append(
            sum(
                protons * np.exp(2j * np.pi * h * time - time * np.pi * 8.5)
                for h, (_, protons, _) in zip(hertz, lines, strict=True)
            )
        )
    found, *_ = np.linalg.lstsq(np.stack(columns, axis=1), spectrum.decay, rcond=None)
    amounts = dict(zip(LINES, np.abs(found), strict=False))
    return float(amounts["choline"] / max(amounts["creatine"], 1e-6))


def to_bytes(spectrum: Spectrum) -> bytes:
    """The spectrum as NIfTI-MRS: one voxel, time along the fourth axis, its header extension as JSON."""
    image = nib.Nifti2Image(spectrum.decay.reshape(1, 1, 1, -1), spectrum.affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 1 / BANDWIDTH_HZ
    image.header["intent_name"] = b"mrs_v0_10"
    image.header.extensions.append(nib.nifti1.Nifti1Extension(MRS_EXTENSION, json.dumps(header_of(spectrum)).encode()))
    content: bytes = image.to_bytes()
    return content


def header_of(spectrum: Spectrum) -> dict[str, object]:
    """What NIfTI-MRS asks for and what a reader wants to know."""
    return {
        "SpectrometerFrequency": [round(spectrum.frequency_mhz, 6)], "ResonantNucleus": ["1H"], "EchoTime": ECHO_S,
        "RepetitionTime": REPETITION_S, "SequenceName": "PRESS", "Manufacturer": "thecal", "ProtocolName": "svs_se_35",
        "ConversionMethod": "thecal simulation",
    }  # fmt: skip
