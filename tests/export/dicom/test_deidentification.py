"""Nothing that tells who it is stays in the bytes: identifiers are planted everywhere a header has room for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from export.dicom import studies
from export.dicom.conftest import Study
from numpy.typing import NDArray
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from thecal.export.dicom import deidentification, release
from thecal.export.dicom.deidentification import StillIdentified, deidentify
from thecal.export.dicom.pseudonyms import Pseudonyms
from thecal.records import Acquisition, Volume
from thecal.simulation import dicom
from thecal.simulation.dicom import Kind

NAME, GIVEN, NUMBER, DATE, UID = "ZWÖLFBAUER", "QUENTINA", "918273645", "19331103", "1.2.752.918273645.77"
NAMES = Pseudonyms(b"a key")
PLANTED: dict[str, Any] = {
    "AE": "ZWOLFBAUER", "AS": "091Y", "AT": 0x00100010, "CS": "QUENTINA", "DA": DATE, "DS": NUMBER, "DT": f"{DATE}1015",
    "FD": 918273645.0, "FL": 918273.0, "IS": NUMBER, "LO": f"{NAME} {NUMBER}", "LT": f"seen: {NAME}, {GIVEN}\n{NUMBER}",
    "PN": f"{NAME}^{GIVEN}", "SH": GIVEN, "SL": 918273645, "SS": 9182, "ST": f"{GIVEN} {DATE}", "SV": 918273645,
    "TM": "101533", "UC": f"{NAME}/{GIVEN}", "UI": UID, "UL": 918273645, "UN": f"{GIVEN}{NUMBER}".encode(),
    "UR": f"http://pacs/{NUMBER}", "US": 9182, "UT": f"{NAME}, born {DATE}", "UV": 918273645,
    **{kind: f"{GIVEN} {NUMBER} ".encode() * 4 for kind in ("OB", "OD", "OF", "OL", "OV", "OW")},
}  # fmt: skip
# What the bytes are searched for, in the encodings a value may have had.
TRACES = [GIVEN.encode(), b"ZWOLFBAUER", NAME.encode("latin-1"), NAME.encode(), NUMBER.encode(), DATE.encode(), b"1.2.752",
          b"101533", b"091Y", *(np.array(918273645, kind).tobytes() for kind in ("<i4", "<i8", "<f8"))]  # fmt: skip
# Elements that hold the image together: a planted value there would make another image of it.
FRAME = re.compile(
    "Rows|Columns|Bits.*|HighBit|PixelRepresentation|SamplesPerPixel|PhotometricInterpretation|PlanarConfiguration|"
    "NumberOfFrames|PixelData.*|FloatPixelData|DoubleFloatPixelData|SOPClassUID|SpecificCharacterSet|LUTData|"
    "ExtendedOffset.*|SegmentationType|PixelPaddingValue|.*PixelValue|LUTDescriptor|.*Transformation.*"
)


def fresh(folder: Path, kind: Kind = "classic") -> Any:
    """One source image as a data set."""
    studies.make(folder, kind=kind)
    return pydicom.dcmread(next(iter(sorted(folder.iterdir()))))


def plant(data: Dataset) -> None:
    """Puts an identifier into every attribute of the data dictionary, and the person into the header."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        kind = vr.split(" or ")[0]
        if kind in PLANTED and keyword and not FRAME.fullmatch(keyword) and tag >> 16 not in (0x0000, 0x0002, 0xFFFE):
            data.add(DataElement(Tag(tag), kind, PLANTED[kind]))
    _identify(data)


def _identify(data: Dataset) -> None:
    data.SpecificCharacterSet = "ISO_IR 100"
    data.PatientName, data.PatientID, data.PatientBirthDate = f"{NAME}^{GIVEN}", NUMBER, DATE
    data.StationName, data.OtherPatientIDs = "ZWOLFBAUER", NUMBER


def cleaned(data: Any) -> bytes:
    """The bytes of the de-identified file, from a file on disk to a file on disk."""
    before = BytesIO()
    data.save_as(before, enforce_file_format=True)
    for trace in (GIVEN.encode(), NUMBER.encode()):
        assert trace in before.getvalue()
    made = deidentify(pydicom.dcmread(BytesIO(before.getvalue())), NAMES, "1").data
    after = BytesIO()
    made.save_as(after, enforce_file_format=True)
    return after.getvalue()


def traces(content: bytes) -> list[bytes]:
    """The planted identifiers that still stand in the bytes."""
    return [trace for trace in TRACES if trace.lower() in content.lower()]


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
@pytest.mark.filterwarnings("ignore")
def test_an_identifier_in_every_attribute_of_the_dictionary_is_gone(tmp_path: Path, kind: Kind) -> None:
    data = fresh(tmp_path, kind)
    plant(data)
    assert traces(cleaned(data)) == []


@pytest.mark.filterwarnings("ignore")
def test_an_identifier_deep_in_sequences_is_gone(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    _identify(data)
    for keyword in (
        "ReferencedImageSequence",
        "AnatomicRegionSequence",
        "RequestAttributesSequence",
        "SourceImageSequence",
    ):
        inner, middle = Dataset(), Dataset()
        plant(inner)
        middle.PurposeOfReferenceCodeSequence = Sequence([inner])
        setattr(data, keyword, Sequence([middle]))
    assert traces(cleaned(data)) == []


@pytest.mark.filterwarnings("ignore")
def test_private_attributes_curves_overlays_and_unknown_ones_are_gone(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    _identify(data)
    block = data.private_block(0x0029, f"{GIVEN} HEADER", create=True)
    for offset, (kind, value) in enumerate(PLANTED.items()):
        block.add_new(offset, kind, value)
    item = Dataset()
    item.private_block(0x0031, "X", create=True).add_new(1, "LO", NAME)
    block.add_new(0x80, "SQ", Sequence([item]))
    for tag in (0x50000022, 0x60001500, 0x60023000, 0x60004000, 0x00081301, 0x00089999):
        data.add(DataElement(tag, "LO" if tag != 0x60023000 else "OW", GIVEN if tag != 0x60023000 else b"QUENTINA"))
    assert traces(cleaned(data)) == []


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.filterwarnings("ignore")
def test_preamble_file_meta_and_what_trails_the_pixels_are_gone(tmp_path: Path, syntax: str) -> None:
    data = fresh(tmp_path)
    _identify(data)
    data.preamble = GIVEN.encode().ljust(128, b"\0")
    data.file_meta.SourceApplicationEntityTitle = "ZWOLFBAUER"
    data.file_meta.PrivateInformationCreatorUID, data.file_meta.PrivateInformation = UID, GIVEN.encode()
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData += f"{GIVEN} {NUMBER} ".encode()
    data.add(DataElement(0xFFFCFFFC, "OB", GIVEN.encode()))
    assert traces(cleaned(data)) == []


@pytest.mark.filterwarnings("ignore")
def test_a_comment_within_compressed_pixels_is_gone(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    _identify(data)
    data.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    data.PixelData = data.PixelData.replace(b"\xfe\xff\xdd\xe0", GIVEN.encode() + b"\xfe\xff\xdd\xe0", 1)
    assert traces(cleaned(data)) == []


def test_bits_above_the_stored_ones_are_gone(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    pixels = data.pixel_array.copy()
    assert data.BitsStored == 12
    data.PixelData = (pixels | 0xF000).tobytes()
    made = deidentify(data, NAMES, "1").data
    assert np.array_equal(np.frombuffer(made.PixelData, np.uint16)[: pixels.size].reshape(pixels.shape), pixels)


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_the_image_its_place_and_how_it_was_made_stay(tmp_path: Path, kind: Kind) -> None:
    before, data = fresh(tmp_path, kind), fresh(tmp_path, kind)
    after = deidentify(data, NAMES, "1").data
    assert np.array_equal(after.pixel_array, before.pixel_array)
    if kind == "classic":
        for word in (
            "ImagePositionPatient",
            "ImageOrientationPatient",
            "PixelSpacing",
            "EchoTime",
            "RepetitionTime",
            "Modality",
        ):
            assert after[word].value == before[word].value
    else:
        kept = [frame.PlanePositionSequence[0].ImagePositionPatient for frame in after.PerFrameFunctionalGroupsSequence]
        had = [frame.PlanePositionSequence[0].ImagePositionPatient for frame in before.PerFrameFunctionalGroupsSequence]
        assert kept == had


def test_descriptions_keep_their_words_of_imaging_alone(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    data.StudyDescription, data.SeriesDescription = "MRI spine Mr Zwolfbauer ward 7", "t2_tse_sag_HWS Quentina 2024"
    made = deidentify(data, NAMES, "1").data
    assert (made.StudyDescription, made.SeriesDescription) == ("MRI spine Mr 7", "t2 tse sag HWS")


def test_a_word_for_nothing_is_no_name_to_be_looked_for(tmp_path: Path) -> None:
    data = fresh(tmp_path)
    data.DeviceSerialNumber, data.StationName, data.SequenceVariant = "NONE", "UNKNOWN", "NONE"
    made = deidentify(data, NAMES, "1").data
    assert (made.SequenceVariant, made.DeviceSerialNumber, made.StationName) == ("NONE", "REMOVED", "REMOVED")


def test_the_file_says_what_was_done(tmp_path: Path) -> None:
    made = deidentify(fresh(tmp_path), NAMES, "1").data
    assert (made.PatientIdentityRemoved, made.LongitudinalTemporalInformationModified) == ("YES", "REMOVED")
    codes = [item.CodeValue for item in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113105"]
    assert made.BurnedInAnnotation == "NO"


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dciodvfy_finds_no_error_in_what_comes_out(tmp_path: Path, kind: Kind) -> None:
    if studies.tool("dciodvfy") is None:
        pytest.skip("dicom3tools is not installed")
    path = tmp_path / "clean.dcm"
    deidentify(fresh(tmp_path / "source", kind), NAMES, "1").data.save_as(path, enforce_file_format=True)
    assert [line for line in studies.run("dciodvfy", "-new", path).splitlines() if line.startswith("Error")] == []


def test_what_cannot_be_made_clean_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = fresh(tmp_path)
    _identify(data)
    data.SequenceName = GIVEN
    monkeypatch.setattr(deidentification, "_clean", lambda *_: None)
    with pytest.raises(StillIdentified):
        deidentify(data, NAMES, "1")


# --- many files -----------------------------------------------------------------------------------------------------


def released(files: list[bytes], key: bytes = b"k") -> tuple[dict[str, Any], release.Account]:
    """The data sets of a release by name, and the account."""
    account = release.Account()
    made = {name: pydicom.dcmread(BytesIO(content)) for name, content in release.release(files, key, "1", account)}
    return made, account


def test_what_belonged_together_still_does_and_the_same_key_gives_the_same_names(tmp_path: Path) -> None:
    studies.make(tmp_path)
    files = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    made, account = released(files)
    again, _ = released(files)
    other, _ = released(files, b"another")
    assert list(made) == [f"series-01/{number:04}.dcm" for number in range(1, 10)]
    assert account.told()["written"] == 9
    for word in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID"):
        assert len({data[word].value for data in made.values()}) == 1
    assert len({data.SOPInstanceUID for data in made.values()}) == 9
    assert [one.SOPInstanceUID for one in made.values()] == [one.SOPInstanceUID for one in again.values()]
    assert not {one.SOPInstanceUID for one in made.values()} & {one.SOPInstanceUID for one in other.values()}


def test_reports_documents_damaged_files_and_stated_text_are_withheld_with_their_reason(
    tmp_path: Path, classic: Study
) -> None:
    burned = fresh(tmp_path / "other")
    burned.BurnedInAnnotation = "YES"
    stream = BytesIO()
    burned.save_as(stream, enforce_file_format=True)
    out, account = released([*classic[1].values(), stream.getvalue(), b"no DICOM"])
    assert [data.Modality for data in out.values()] == ["SEG", "SEG"]
    assert account.withheld == {release.NO_IMAGE: 3, release.BURNED_IN: 1, release.NO_DICOM: 1}


def test_a_segmentation_still_refers_to_its_images(classic: Study) -> None:
    made, files = classic
    seg = files[f"seg-lesion_{made.series.key}.dcm"]
    out, _ = released([*(path.read_bytes() for path in sorted(made.folder.iterdir())), seg])
    *images, last = out.values()
    refers = last.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    assert refers.ReferencedSOPInstanceUID in {image.SOPInstanceUID for image in images}
    assert last.FrameOfReferenceUID == images[0].FrameOfReferenceUID
    assert [item.SegmentLabel for item in last.SegmentSequence][-1] == "lesion 2"


def _written(text: str, on: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """The image with a line of text burned in."""
    from PIL import Image, ImageDraw

    page = Image.new("L", on.shape[::-1], 0)
    ImageDraw.Draw(page).text((6, 6), text, fill=255)
    return np.where(np.asarray(page) > 128, np.uint16(4095), on)


def _image(pixels: NDArray[np.uint16]) -> Iterator[bytes]:
    data = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID, data.SeriesInstanceUID = dicom.MR_IMAGE_STORAGE, "1.2.3", "1.2.4"
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = 1, "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = pixels.tobytes()
    data["PixelData"].VR = "OW"
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = BytesIO()
    data.save_as(stream, enforce_file_format=True)
    yield stream.getvalue()


def test_text_burned_into_the_pixels_is_warned_of_and_not_claimed_clean() -> None:
    quiet = (np.random.default_rng(1).gamma(2, 300, (160, 240))).clip(0, 4000).astype(np.uint16)
    clean, account = released(list(_image(quiet)))
    assert account.warned == {}
    burned, account = released(list(_image(_written("Zwolfbauer, Q. 03.11.1933", quiet))))
    assert account.warned == {"series-01/0001.dcm": release.SUSPECTED}
    codes = [
        [item.CodeValue for item in data.DeidentificationMethodCodeSequence]
        for data in (*clean.values(), *burned.values())
    ]
    assert codes == [["113100", "113101", "113105"], ["113100", "113105"]]


def test_a_bright_vessel_or_a_flat_image_is_no_text() -> None:
    flat = np.full((120, 120), 4095, np.uint16)
    vessel = np.zeros((120, 120), np.uint16)
    vessel[20:100, 50:58] = 4095
    for pixels in (flat, vessel):
        assert released(list(_image(pixels)))[1].warned == {}


def test_an_oblique_volume_reads_the_same_after_cleaning(tmp_path: Path) -> None:
    from thecal import ingest

    volume = Volume(
        np.random.default_rng(2).integers(1, 900, (37, 53, 5)).astype(np.uint16), studies.affine_of("axial", 0.3)
    )
    dicom.write(
        volume, Acquisition(modality="MR", series_number=1, echo_time_s=0.1, repetition_time_s=3.0), tmp_path / "a"
    )
    made, _ = released([path.read_bytes() for path in sorted((tmp_path / "a").iterdir())])
    (tmp_path / "b").mkdir()
    for number, data in enumerate(made.values()):
        data.save_as(tmp_path / "b" / f"{number}.dcm", enforce_file_format=True)
    (before,), (after,) = (ingest.read(tmp_path / name)[0].images() for name in "ab")
    assert before.volume is not None
    assert after.volume is not None
    assert before.volume.digest == after.volume.digest
