"""The report for people, a PDF, as a DICOM encapsulated document of its study.

Source: DICOM PS3.3 A.45.1 (encapsulated PDF)
"""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes as known
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from thecal.export.dicom.origin import MAKER, Origin, describe

TITLE = "Spine MRI, report of a research reading"


def build(pdf: bytes, origin: Origin, number: int, approved: bool) -> Dataset:
    """The PDF within a DICOM object; the title says whether a reader has approved it."""
    data = origin.header()
    made = origin.made("report", number)
    data.SOPClassUID, data.SOPInstanceUID = EncapsulatedPDFStorage, made["sop_instance_uid"]
    data.SeriesInstanceUID, data.SeriesNumber = made["series_instance_uid"], made["series_number"]
    data.Modality, data.SeriesDescription, data.InstanceNumber = "DOC", describe("report"), 1
    data.Manufacturer = data.ManufacturerModelName = MAKER
    data.SoftwareVersions, data.ConversionType = origin.version, "SYN"
    data.SeriesDate = data.ContentDate = origin.made_at.strftime("%Y%m%d")
    data.SeriesTime = data.ContentTime = origin.made_at.strftime("%H%M%S.%f")
    data.AcquisitionDateTime, data.BurnedInAnnotation = "", "YES"
    data.DocumentTitle = TITLE if approved else f"{TITLE}, not approved"
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator = known.LN.DiagnosticImagingReport.value, "LN"
    title.CodeMeaning = known.LN.DiagnosticImagingReport.meaning
    data.ConceptNameCodeSequence = [title]
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.EncapsulatedDocumentLength = len(pdf)
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    data["EncapsulatedDocument"].VR = "OB"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta = meta
    stamped: Dataset = origin.stamp(data)
    return stamped
