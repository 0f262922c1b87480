"""What kind of image a series is: from what its header measured first, from its words second, and how surely.

Limits of echo time, repetition time and inversion time follow from T1 and T2 of cord, fat and CSF between 0.3 and 3 T; they part
weightings that every textbook parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from thecal.ingest.tags import Tags
from thecal.ingest.words import Said, plain, read_sequence, read_words, states_agent
from thecal.records import Role
from thecal.records.study import RoleBasis

# In ms. A spin echo below both T1 limits is T1-weighted, above both T2 limits T2-weighted.
_T1_TR, _T1_TE = 1400.0, 45.0
_T2_TR, _T2_TE = 900.0, 58.0
_LATE_TE = 80.0
# Inversion that nulls fat (about 0.69 of its T1: 110 ms at 0.3 T to 240 ms at 3 T), and that nulls CSF.
_STIR_TI = (80.0, 300.0)
_FLUID_TI = 1500.0
# A gradient echo later than this, or between this and half of it at a small flip angle, is T2*-weighted.
_T2STAR_TE = 9.5
_T2STAR_FLIP = 40.0
_FAST_TR = 60.0
_MEASURED: dict[str, Role] = {
    "DIFFUSION": "dwi", "STIR": "T2w_fs", "T1": "T1w", "T2": "T2w", "T2_STAR": "T2starw", "PROTON_DENSITY": "other",
    "PERFUSION": "other", "FLOW_ENCODED": "other", "TOF": "other", "TAGGED": "other",
}  # fmt: skip
# Image types of maps, projections, differences, phases and fat alone.
_NO_SIGNAL = {
    "FA", "EADC", "PROJECTION IMAGE", "MIP", "MNIP", "MINIP", "MAX_IP", "MIN_IP", "SUBTRACTION", "SUBTRACT", "PHASE",
    "P", "PHASE MAP", "FAT", "OUT_PHASE", "OPP_PHASE", "T1 MAP", "T2 MAP", "T2_STAR MAP", "R2_STAR MAP", "B0 MAP",
    "B1 MAP", "RCBV", "RCBF", "MTT", "TTP",
}  # fmt: skip
_T2_FAMILY = ("T2w", "T2w_fs")
# From here on a header's statement outweighs words that contradict it; what is left of it then.
_SURE, _CONFLICT = 0.9, 0.6


@dataclass(frozen=True)
class Kind:
    """A role with how sure it is (0 to 1) and what that rests on; fat suppression and contrast, None where not stated."""

    role: Role
    confidence: float
    basis: RoleBasis
    fat_suppressed: bool | None = None
    contrast: bool | None = None
    contrast_basis: RoleBasis = "none"


def judge(tags: Tags, words: str = "") -> Kind:
    """The kind of a series by its header and its words; role `other` with basis `none` where both are silent.

    words is what else describes it, a file's name for one.
    """
    said = _said(tags, words)
    if (plainly := _by_modality(tags, said)) is not None:
        return plainly
    fat = _fat(tags, said)
    weighting = _weighting(tags, said)
    contrast, contrast_basis = _contrast(tags, said)
    return _refine(replace(weighting, fat_suppressed=fat), contrast, contrast_basis)


def _said(tags: Tags, words: str) -> Said:
    """The description's words; where they name no kind of image, the protocol's and the file's are asked as well."""
    first = read_words(plain(tags.get("SeriesDescription"), words))
    if first.purpose or first.preparation or first.weighting:
        return first
    more = read_words(
        plain(tags.get("SeriesDescription"), words, tags.get("ProtocolName"), tags.get("PulseSequenceName"))
    )
    return replace(more, contrast=first.contrast) if first.contrast is not None else more


def _by_modality(tags: Tags, said: Said) -> Kind | None:
    modality = tags.get("Modality")
    if modality in ("CR", "DX", "RG", "RF", "XA"):
        return Kind("radiograph", 1.0, "header")
    if modality == "CT":
        if "LOCALIZER" in tags.get("ImageType", ()) or said.purpose == "localizer":
            return Kind("localizer", 0.99, "header" if "LOCALIZER" in tags.get("ImageType", ()) else "description")
        if "INTRATHECAL" in str(tags.get("ContrastBolusRoute", "")).upper():
            return Kind("ct_myelogram", 0.95, "header")
        return Kind("ct_myelogram", 0.85, "description") if said.myelogram else Kind("ct", 0.95, "header")
    return None


def _weighting(tags: Tags, said: Said) -> Kind:
    """Header and words weighed: what an image is for stands in words, how it is weighted in the header's times."""
    derived = _by_image_type(tags)
    if derived is not None:
        return derived
    measured = _by_header(tags)
    if said.purpose is not None:
        return _agreed(measured, said.purpose) or Kind(said.purpose, 0.9, "description")
    if said.preparation is not None and (
        measured is None or measured.role in _T2_FAMILY or measured.confidence < _SURE
    ):
        return _agreed(measured, said.preparation) or Kind(said.preparation, 0.9, "description")
    word = said.preparation or said.weighting or _by_times(said)
    if word is None or measured is None:
        return measured or (Kind(word, 0.85, "description") if word else Kind("other", 0.2, "none"))
    if (word in _T2_FAMILY and measured.role in _T2_FAMILY) or word == measured.role:
        return replace(measured, confidence=0.98)
    # Words that contradict a measured value lose; against a value that could mean either, they win.
    return replace(measured, confidence=_CONFLICT) if measured.confidence >= _SURE else Kind(word, 0.75, "description")


def _agreed(measured: Kind | None, role: Role) -> Kind | None:
    return Kind(role, 0.98, "header") if measured is not None and measured.role == role else None


def _by_image_type(tags: Tags) -> Kind | None:
    """What the scanner says it computed: a map or a projection is no weighting."""
    image_type = [part.upper() for part in tags.get("ImageType", ())]
    kinds = set(image_type)
    if "LOCALIZER" in kinds:
        return Kind("localizer", 0.97, "header")
    if "ADC" in kinds or "ADC_UNSPECIFIED" in kinds:
        return Kind("ADC", 0.98, "header")
    if kinds & _NO_SIGNAL:
        return Kind("other", 0.95, "header")
    if kinds & {"DIFFUSION", "TRACEW", "TRACE"}:
        return Kind("dwi", 0.97, "header")
    # An enhanced image may state its contrast in the third value.
    contrast = image_type[2] if len(image_type) > 2 else ""
    return Kind(_MEASURED[contrast], 0.93, "header") if contrast in _MEASURED else None


def _by_header(tags: Tags) -> Kind | None:
    """The weighting that the sequence's own numbers make; None where they are not stated."""
    stated = str(tags.get("AcquisitionContrast", "")).upper()
    if stated in _MEASURED:
        return Kind(_MEASURED[stated], 0.93, "header")
    if tags.get("DiffusionBValue", 0) > 0:
        return Kind("dwi", 0.95, "header")
    families = {part.upper() for part in tags.get("ScanningSequence", ())}
    pulse = str(tags.get("EchoPulseSequence", "")).upper()
    named = read_sequence(plain(tags.get("SequenceName")))
    if named is not None or "EP" in families:
        return Kind(named, 0.92, "header") if named else Kind("dwi", 0.75, "header") if "SE" in families else None
    if tags.get("EchoTime") is None:
        return None
    if ("GR" in families and "SE" not in families) or pulse == "GRADIENT" or (tags.get("FlipAngle") or 90) < 45:
        return _by_gradient_echo(tags, tags["EchoTime"], tags.get("RepetitionTime"))
    guess = _by_spin_echo(tags["EchoTime"], tags.get("RepetitionTime"), _inversion(tags))
    known = families & {"SE", "IR"} or pulse == "SPIN"
    return guess if known or guess is None else replace(guess, confidence=0.7)


def _inversion(tags: Tags) -> float | None:
    if str(tags.get("InversionRecovery", "YES")).upper() == "NO":
        return None
    return tags.get("InversionTime") or None


def _by_spin_echo(echo: float, repetition: float | None, inversion: float | None) -> Kind | None:
    if repetition is None:
        return Kind("T2w", 0.8, "header") if echo >= _LATE_TE else None
    if inversion is not None and repetition > _T2_TR:
        if _STIR_TI[0] <= inversion <= _STIR_TI[1]:
            return Kind("T2w_fs", 0.95, "header")
        if inversion >= _FLUID_TI:
            return Kind("other", 0.9, "header")
        if echo < _LATE_TE:
            return Kind("T1w", 0.9, "header")
    if echo >= _T2_TE:
        return (
            Kind("T2w", 0.93 if repetition > _T1_TR or echo > _LATE_TE else 0.8, "header")
            if repetition >= _T2_TR
            else None
        )
    if repetition <= _T1_TR and echo <= _T1_TE:
        return Kind("T1w", 0.93 if repetition < 1000 and echo < 30 else 0.8, "header")
    return Kind("other", 0.7, "header") if echo < _T1_TE else None


def _by_gradient_echo(tags: Tags, echo: float, repetition: float | None) -> Kind | None:
    variants = {part.upper() for part in tags.get("SequenceVariant", ())}
    flip = tags.get("FlipAngle")
    if "MTC" in variants:
        return Kind("other", 0.8, "header")
    if tags.get("InversionTime") or "MP" in variants:
        return Kind("T1w", 0.93, "header")
    if echo >= _T2STAR_TE:
        return Kind("T2starw", 0.92, "header")
    if repetition is not None and repetition < _FAST_TR and "SS" in variants and "SP" not in variants:
        return Kind("other", 0.7, "header")
    if repetition is not None and repetition > _FAST_TR and flip is not None:
        return Kind("T2starw" if flip <= _T2STAR_FLIP else "T1w", 0.7, "header")
    if repetition is not None and repetition <= _FAST_TR and "SP" in variants and echo < _T2STAR_TE / 2:
        return Kind("T1w", 0.75, "header")
    return None


def _by_times(said: Said) -> Role | None:
    """The weighting by repetition, echo and inversion time written into the description."""
    if len(said.times_ms) < 2:
        return None
    guess = _by_spin_echo(said.times_ms[1], said.times_ms[0], said.times_ms[2] if len(said.times_ms) > 2 else None)
    return guess.role if guess else None


def _fat(tags: Tags, said: Said) -> bool | None:
    """Whether fat is suppressed: by the header's own word, the inversion time, or the description; None where nothing tells."""
    stated = str(tags.get("SpectrallySelectedSuppression", "")).upper()
    options = {part.upper() for part in tags.get("ScanOptions", ())}
    kinds = {part.upper() for part in tags.get("ImageType", ())}
    if stated in ("FAT", "FAT_AND_WATER") or options & {"FS", "SAT_FAT", "FATSAT"} or kinds & {"W", "WATER"}:
        return True
    if said.fat_suppressed:
        return True
    return False if stated == "NONE" or (options and not said.dixon) else None


def _contrast(tags: Tags, said: Said) -> tuple[bool | None, RoleBasis]:
    """Whether contrast was given: words about this series before an agent field, which scanners keep from series to series."""
    if said.contrast is not None:
        return said.contrast, "description"
    given = str(tags.get("ContrastBolusAgentAdministered", "")).upper()
    if states_agent(tags.get("ContrastBolusAgent")) and given != "NO":
        return (False, "header") if _starts_later(tags) else (True, "header")
    return None, "none"


def _starts_later(tags: Tags) -> bool:
    start, acquired = tags.get("ContrastBolusStartTime"), tags.get("AcquisitionTime")
    return start is not None and acquired is not None and str(start)[:6] > str(acquired)[:6]


def _refine(kind: Kind, contrast: bool | None, contrast_basis: RoleBasis) -> Kind:
    """T1 becomes T1 with contrast, T2 becomes fat-suppressed T2, and words of contrast alone make a T1."""
    if kind.role == "other" and kind.basis == "none" and contrast and contrast_basis == "description":
        kind = replace(kind, role="T1w", confidence=0.6, basis="description")
    if kind.role == "T2w_fs" or (kind.role == "T2w" and kind.fat_suppressed):
        return replace(kind, role="T2w_fs", fat_suppressed=True)
    if kind.role == "T2w":
        return replace(kind, fat_suppressed=False)
    if kind.role != "T1w":
        return kind
    kind = replace(kind, contrast=contrast, contrast_basis=contrast_basis)
    if not contrast:
        return kind
    confidence = min(kind.confidence, 0.95 if contrast_basis == "description" else 0.85)
    return replace(kind, role="T1w_ce", confidence=confidence, basis=contrast_basis)
