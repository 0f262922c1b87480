"""Files freed of who they show, ready to be handed on: each under a neutral name, and an account of what was withheld and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom import dcmread

from thecal.export.dicom.deidentification import IMAGES, StillIdentified, deidentify
from thecal.export.dicom.pseudonyms import Pseudonyms

BURNED_IN = "its header says that text is burned into the image"
NO_IMAGE = "no image (a report, a document, a picture of a screen): its text cannot be cleaned by rule"
NO_DICOM = "not a DICOM file, or a damaged one"
STILL = "a name, number or date of the person could not be taken out"
SUSPECTED = "text may be burned into the image: look at it before you hand it on"
FACES = "Faces are not removed: an image that shows one may still be recognised."


@dataclass
class Account:
    """What became of the files: how many were written, withheld by reason, and marked with a warning."""

    written: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    warned: dict[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """The account as data; it names the new files alone."""
        return {
            "written": self.written,
            "withheld": dict(self.withheld),
            "warnings": dict(self.warned),
            "note": FACES,
            "profile": "DICOM PS3.15 Annex E: Basic Profile, Clean Descriptors, Clean Pixel Data where no text is burned in",
        }


def release(files: Iterable[bytes], key: bytes, version: str, account: Account) -> Iterator[tuple[str, bytes]]:
    """The images among the files, de-identified, each with its new name; what happened is noted in account.

    Patients, studies and series that belonged together still do; the same key gives the same new names.
    """
    names = Pseudonyms(key)
    series: dict[str, int] = {}
    numbers: Counter[int] = Counter()
    for content in files:
        made = _release(content, names, version)
        if isinstance(made, str):
            account.withheld[made] += 1
            continue
        number = series.setdefault(str(made.data.SeriesInstanceUID), len(series) + 1)
        numbers[number] += 1
        name = f"series-{number:02}/{numbers[number]:04}.dcm"
        if made.text == "suspected":
            account.warned[name] = SUSPECTED
        stream = BytesIO()
        made.data.save_as(stream, enforce_file_format=True)
        account.written += 1
        yield name, stream.getvalue()


def _release(content: bytes, names: Pseudonyms, version: str) -> Any:
    """The de-identified object, or in words why it is withheld."""
    try:
        data = dcmread(BytesIO(content))
        if str(data.SOPClassUID) not in IMAGES:
            return NO_IMAGE
        made = deidentify(data, names, version)
    except StillIdentified:
        return STILL
    except Exception:  # noqa: BLE001  a damaged file may break the parser in any way
        return NO_DICOM
    return BURNED_IN if made.text == "stated" else made
