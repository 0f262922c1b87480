"""A reading as DICOM objects that a hospital's archive takes in: segmentations, measurement report, PDF, key objects.

Objects are written only for series that came as DICOM: they take patient, study and geometry from their source images.
"""

from thecal.export.dicom.objects import Written, write

__all__ = ["Written", "write"]
