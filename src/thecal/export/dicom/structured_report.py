"""SR: what was seen and measured as a TID 1500 measurement report, each lesion tied to its segment and its source images.

A finding is a coded question with a coded answer; what was not assessed is answered *Not Evaluated*, with the reason beside it.
What was only told of the person (age, symptoms, history) is no observation on images and is left out.
A measure's uncertainty is one standard deviation to either side.

Source: DICOM PS3.16 TID 1500 (measurement report), TID 1411 (volumetric region), TID 1501 (measurement group)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thecal.export.dicom import codes, sources
from thecal.export.dicom.codes import Coded, own
from thecal.export.dicom.concepts import concept, own_scheme
from thecal.export.dicom.origin import MAKER, Origin
from thecal.records import PATIENT, Finding, Lesion, Measurement, NotAssessed, Place, Report, Series, SourceImage

CANDIDATES_TOLD = 10
_DIGITS = 6


@dataclass(frozen=True)
class SegmentReference:
    """Where a lesion was drawn: the segmentation object, its segment, and the images it was drawn on."""

    sop_class_uid: str
    sop_instance_uid: str
    segment_number: int
    series_key: str
    images: tuple[SourceImage, ...] = field(default=())


def build(
    report: Report,
    series: Mapping[str, Series],
    segments: Mapping[str, SegmentReference],
    evidence: Sequence[Any],
    known: Mapping[str, Any],
    origin: Origin,
    number: int,
) -> Any:
    """The measurement report, as a highdicom object.

    segments says by tracking UID where each lesion was drawn; evidence holds the headers of all objects that are referred to;
    known is the checked table of codes in other terminologies (findings, states, entities).
    Preliminary, partial and unverified until a named reader approved the report.
    """
    import highdicom

    told = _Teller(report, series, known)
    lesions = sorted(report.reading.lesions, key=lambda one: one.instance)
    groups = [told.lesion(lesion, segments.get(lesion.tracking_uid)) for lesion in lesions]
    final = report.status != "preliminary"
    made = highdicom.sr.Comprehensive3DSR(
        evidence=evidence,
        content=_frame([*groups, told.patient(origin)], series, origin),
        is_complete=final,
        is_final=final,
        is_verified=False,
        coding_schemes=[own_scheme()],
        **origin.made("measurement report", number),
    )
    return origin.stamp(made)


def _frame(groups: Sequence[Any], series: Mapping[str, Series], origin: Origin) -> Any:
    import highdicom
    from pydicom.sr.codedict import codes as known

    device = highdicom.sr.DeviceObserverIdentifyingAttributes(
        uid=Origin(origin.identity, MAKER, origin.made_at, origin.version, origin.version).uid("device"),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=f"{MAKER} {origin.version}",
    )
    observer = highdicom.sr.ObserverContext(known.DCM.Device, device)
    modalities = {one.acquisition.modality for one in series.values()}
    procedure = known.LN.MRIUnspecifiedBodyRegion if "MR" in modalities else known.LN.CTUnspecifiedBodyRegion
    return highdicom.sr.MeasurementReport(
        observation_context=highdicom.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=procedure,
        imaging_measurements=list(groups),
        title=known.DCM.ImagingMeasurementReport,
    )


@dataclass(frozen=True)
class _Teller:
    """One report's findings as coded content."""

    report: Report
    series: Mapping[str, Series]
    known: Mapping[str, Any]

    def lesion(self, lesion: Lesion, drawn: SegmentReference | None) -> Any:
        """A lesion: where it lies, how large it is, every sign of it; tied to its segment where one was drawn."""
        import highdicom

        shared = self._shared(lesion.tracking_uid)
        shared["measurements"] = [*self._size(lesion), *shared["measurements"]]
        shared |= {
            "tracking_identifier": highdicom.sr.TrackingIdentifier(lesion.tracking_uid, f"lesion {lesion.instance}"),
            "finding_type": concept(codes.LESION),
            "finding_category": concept(codes.ABNORMAL),
            "finding_sites": [highdicom.sr.FindingSite(concept(site)) for site in _sites(lesion)],
        }
        if drawn is None:
            return highdicom.sr.MeasurementsAndQualitativeEvaluations(**shared)
        return highdicom.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_segment=_segment(drawn), **shared
        )

    def patient(self, origin: Origin) -> Any:
        """What holds for the patient as a whole, and what it may be."""
        import highdicom

        shared = self._shared(PATIENT)
        shared["measurements"] += self._ranking()
        tracking = highdicom.sr.TrackingIdentifier(origin.uid("patient"), "patient")
        return highdicom.sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking, finding_sites=[highdicom.sr.FindingSite(concept(codes.SPINE))], **shared
        )

    def _shared(self, subject: str) -> dict[str, Any]:
        import highdicom

        reading = self.report.reading
        seen = [finding for finding in reading.of(subject) if finding.basis != "stated"]
        gaps = [gap for gap in reading.not_assessed if gap.subject == subject]
        return {
            "algorithm_id": highdicom.sr.AlgorithmIdentification(MAKER, self.report.provenance.version),
            "measurements": [item for finding in seen for item in self._numbers(finding)],
            "qualitative_evaluations": [
                *(self._answer(finding) for finding in seen if finding.state is not None),
                *map(self._gap, gaps),
            ],
        }

    def _numbers(self, finding: Finding) -> list[Any]:
        """The number behind a finding, and how probable the state is that is shown."""
        name, where = self._name("finding", finding.code), finding.where
        numbers = []
        if finding.value is not None:
            unit = codes.UCUM.get(self.report.words.get(f"unit_of.{finding.code}", "1"), "1")
            value = Measurement(finding.value, unit, finding.value_sd)
            numbers.append(self._number(self._asked(finding.code), value, where))
        if finding.measurement is not None:
            behind = own(f"{finding.code}.measurement", f"{name}: measured value")
            numbers.append(self._number(behind, finding.measurement, where))
        if finding.probabilities is not None and finding.state is not None:
            state = self._name("state", finding.state)
            asked = own(f"{finding.code}.{finding.state}", f"Probability of {name}: {state}")
            numbers.append(self._number(asked, Measurement(finding.probabilities[finding.state], "1")))
        return numbers

    def _number(self, name: Coded, measured: Measurement, where: Place | None = None) -> Any:
        import highdicom

        of = self.series.get(where.series_key) if where else None
        image = sources.image_at(of, where) if of and where else None
        unit = concept(codes.unit(measured.unit))
        return highdicom.sr.Measurement(
            name=concept(name),
            value=round(measured.value, _DIGITS),
            unit=unit,
            properties=None if measured.sd is None else _either_side(round(measured.sd, _DIGITS), unit),
            referenced_images=None if image is None else [_measured_on(image)],
        )

    def _answer(self, finding: Finding) -> Any:
        import highdicom

        assert finding.state is not None
        states = self.known.get("states", {})
        rows = states.get(finding.code, {}).get(finding.state, ())
        answer = codes.state(finding.state, self._name("state", finding.state), rows)
        return highdicom.sr.QualitativeEvaluation(concept(self._asked(finding.code)), concept(answer))

    def _gap(self, gap: NotAssessed) -> Any:
        import highdicom

        item = highdicom.sr.QualitativeEvaluation(concept(self._asked(gap.code)), concept(codes.NOT_EVALUATED))
        why = highdicom.sr.TextContentItem(
            concept(codes.COMMENT), gap.reason, highdicom.sr.RelationshipTypeValues.HAS_PROPERTIES
        )
        item[0].ContentSequence = highdicom.sr.ContentSequence([why])
        return item

    def _size(self, lesion: Lesion) -> list[Any]:
        sure = own("lesion.confidence", "Probability that there is a lesion")
        volume = Measurement(lesion.volume_mm3, "mm3")
        return [
            self._number(codes.VOLUME, volume, lesion.where),
            self._number(sure, Measurement(lesion.confidence, "1")),
        ]

    def _ranking(self) -> list[Any]:
        ranked = next((one.candidates for one in self.report.differentials if one.subject == PATIENT), ())
        likeliest = sorted(ranked, key=lambda one: -one.probability)[:CANDIDATES_TOLD]
        return [
            self._number(
                own(f"entity.{one.entity}", f"Probability of {self._name('entity', one.entity)}"),
                Measurement(one.probability, "1"),
            )
            for one in likeliest
        ]

    def _asked(self, code: str) -> Coded:
        return own(code, self._name("finding", code), self.known.get("findings", {}).get(code, ()))

    def _name(self, kind: str, code: str) -> str:
        name = self.report.words.get(f"{kind}.{code}", code.replace("_", " "))
        return name[0].upper() + name[1:]


def _sites(lesion: Lesion) -> list[Coded]:
    likeliest = max(lesion.compartment, key=lambda name: lesion.compartment[name], default="")
    levels = [codes.VERTEBRAE[level] for level in lesion.levels if level in codes.VERTEBRAE]
    return [codes.COMPARTMENTS.get(likeliest, codes.SPINE), *levels]


def _segment(drawn: SegmentReference) -> Any:
    import highdicom

    return highdicom.sr.ReferencedSegment(
        drawn.sop_class_uid,
        drawn.sop_instance_uid,
        drawn.segment_number,
        source_images=[
            highdicom.sr.SourceImageForSegmentation(image.sop_class_uid, image.sop_instance_uid, _frames(image))
            for image in drawn.images
        ],
    )


def _either_side(sd: float, unit: Any) -> Any:
    """The uncertainty of a measure, in its own unit: highdicom would call it a number without one."""
    import highdicom

    properties = highdicom.sr.MeasurementProperties(upper_measurement_uncertainty=sd, lower_measurement_uncertainty=sd)
    for item in properties:
        item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [unit]
    return properties


def _measured_on(image: SourceImage) -> Any:
    import highdicom

    return highdicom.sr.SourceImageForMeasurement(image.sop_class_uid, image.sop_instance_uid, _frames(image))


def _frames(image: SourceImage) -> list[int] | None:
    return None if image.frame_number is None else [image.frame_number]
