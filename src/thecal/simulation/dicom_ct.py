"""One CT slice as a classic CT image, in Hounsfield units."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from thecal.records import Acquisition, Identity
from thecal.simulation.dicom import Names, Slices, decimal, start, tell_plane

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
LOWEST_HU = -1024


def build(slices: Slices, index: int, acquisition: Acquisition, identity: Identity, names: Names) -> Dataset:
    """The slice of that index; stored as whole numbers above -1024 HU."""
    data = start(slices, acquisition, identity, names)
    data.SOPClassUID, data.SOPInstanceUID = CT_IMAGE_STORAGE, names.instance(index + 1)
    data.ImageType = list(acquisition.image_type or ("ORIGINAL", "PRIMARY", "AXIAL"))
    data.AcquisitionNumber, data.InstanceNumber = 1, index + 1
    tell_plane(data, slices, index, acquisition)
    data.KVP = decimal(acquisition.kvp or 120.0)
    data.ConvolutionKernel = acquisition.convolution_kernel or "STANDARD"
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = decimal(LOWEST_HU), decimal(1), "HU"
    data.WindowCenter, data.WindowWidth = decimal(60), decimal(400)
    if acquisition.contrast_bolus_agent is not None:
        data.ContrastBolusAgent, data.ContrastBolusRoute = acquisition.contrast_bolus_agent, "INTRATHECAL"
    values = slices.pixels[index].astype(np.float64) * slices.slope + slices.intercept - LOWEST_HU
    data.PixelData = np.rint(np.clip(values, 0, 4095)).astype(np.uint16).tobytes()
    data["PixelData"].VR = "OW"
    data.BitsStored, data.HighBit = 12, 11
    return data
