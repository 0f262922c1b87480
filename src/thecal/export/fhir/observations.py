"""What was seen, measured and not assessed, each as an Observation."""

from __future__ import annotations

from collections.abc import Iterator

from thecal.export.fhir import elements
from thecal.export.fhir.elements import Json, Naming, coded, compact, narrative, quantity
from thecal.export.fhir.images import site
from thecal.records import PATIENT, Finding, Lesion, NotAssessed, Report

STATUS = {"preliminary": "preliminary", "approved": "final", "amended": "amended"}


def observations(report: Report, naming: Naming) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every observation with the parts of its address: the patient's, then each lesion with its own as members."""
    yield from _of_subject(report, PATIENT, None, naming)
    for lesion in sorted(report.reading.lesions, key=lambda one: one.instance):
        members = list(_of_subject(report, lesion.tracking_uid, lesion, naming))
        yield ("lesion", lesion.tracking_uid), _lesion(report, lesion, [parts for parts, _ in members], naming)
        yield from members


def _of_subject(
    report: Report, subject: str, lesion: Lesion | None, naming: Naming
) -> Iterator[tuple[tuple[str, ...], Json]]:
    for finding in report.reading.of(subject):
        yield (subject, finding.code), {**_frame(report, lesion, finding.basis, naming), **_finding(finding, naming)}
    for gap in report.reading.not_assessed:
        if gap.subject == subject:
            yield (subject, gap.code), {**_frame(report, lesion, "measured", naming), **_gap(gap, naming)}
    if lesion is not None:
        yield (subject, "volume"), {**_frame(report, lesion, "measured", naming), **_volume(lesion, naming)}


def _frame(report: Report, lesion: Lesion | None, basis: str, naming: Naming) -> Json:
    """What every observation has: status, category, whom and what it is about, from what, by what, when."""
    imaging = basis != "stated"
    study = [naming.reference("study")]
    return compact({
        "resourceType": "Observation",
        "status": STATUS[report.status],
        "category": [coded(elements.OBSERVATION_CATEGORY, "imaging", "Imaging")] if imaging else [],
        "partOf": study if imaging else [],
        "subject": naming.reference("patient"),
        "focus": [naming.reference("body", lesion.tracking_uid)] if lesion else [],
        "effectiveDateTime": elements.date(report.acquired_on),
        "issued": report.provenance.made_at,
        "bodySite": site(lesion, naming) if lesion else None,
        "device": naming.reference("device") if basis == "measured" else None,
        "derivedFrom": study if imaging else [],
    })  # fmt: skip


def _finding(finding: Finding, naming: Naming) -> Json:
    """A state with the probability of each and the number behind it, or a number."""
    name = naming.name("finding", finding.code)
    told = {
        "code": naming.concept("findings", finding.code),
        "method": {"text": finding.method} if finding.method else None,
    }
    measured = finding.measurement
    parts = [_component("measured", "Measured value", quantity(measured.value, measured.unit))] if measured else []
    if finding.probabilities is None:
        assert finding.value is not None
        unit = naming.words.get(f"unit_of.{finding.code}", "1")
        sd = [_component("sd", "Standard deviation", quantity(finding.value_sd, unit))] if finding.value_sd else []
        value: Json = {"valueQuantity": quantity(finding.value, unit), "component": [*sd, *parts]}
        return compact({**told, **value, "text": narrative(f"{name}: {finding.value:g} {unit}")})
    state = finding.state or ""
    shares = [
        {"code": naming.state(finding.code, one), "valueQuantity": quantity(share, "1")}
        for one, share in sorted(finding.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    value = {"valueCodeableConcept": naming.state(finding.code, state), "component": [*shares, *parts]}
    text = f"{name}: {value['valueCodeableConcept']['text']} (probability {finding.probabilities[state]:.2f}, {finding.basis})"
    return compact({**told, **value, "text": narrative(text)})


def _component(code: str, text: str, value: Json) -> Json:
    return {"code": elements.concept(code, text), "valueQuantity": value}


def _gap(gap: NotAssessed, naming: Naming) -> Json:
    """A finding that was not assessed: neither present nor absent, with the reason in words."""
    absent = coded(elements.DATA_ABSENT_REASON, "not-performed", "Not Performed")
    return {
        "text": narrative(f"{naming.name('finding', gap.code)}: not assessed, {gap.reason}"),
        "code": naming.concept("findings", gap.code),
        "dataAbsentReason": {**absent, "text": f"Not assessed: {gap.reason}"},
    }


def _volume(lesion: Lesion, naming: Naming) -> Json:
    return {
        "text": narrative(f"Volume of lesion {lesion.instance}: {lesion.volume_mm3:.0f} mm³"),
        "code": naming.concept("measures", "volume"),
        "valueQuantity": quantity(lesion.volume_mm3, "mm3"),
    }


def _lesion(report: Report, lesion: Lesion, members: list[tuple[str, ...]], naming: Naming) -> Json:
    """A lesion: how surely it is one, where it lies, and the observations about it."""
    place = lesion.where
    where = f"Centre at {place.x:.1f}, {place.y:.1f}, {place.z:.1f} mm (RAS) in series {place.series_key}"
    compartments = [
        {"code": naming.concept("sites", one), "valueQuantity": quantity(share, "1")}
        for one, share in sorted(lesion.compartment.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return {
        **_frame(report, lesion, "measured", naming),
        "text": narrative(
            f"Lesion {lesion.instance}, {site(lesion, naming)['text']}: {lesion.confidence:.2f} likely to be one"
        ),
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{lesion.tracking_uid}"}],
        "code": coded("http://snomed.info/sct", "52988006", "Lesion"),
        "valueCodeableConcept": naming.state("lesion", "present"),
        "note": [{"text": where}],
        "hasMember": [naming.reference("observation", *parts) for parts in members],
        "component": [
            _component("confidence", "Probability that it is a lesion", quantity(lesion.confidence, "1")),
            *compartments,
        ],
    }
