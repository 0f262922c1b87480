"""A reading as a FHIR R4 (4.0.1) Bundle, for record systems."""

from thecal.export.fhir.bundle import FILE, bundle, render

__all__ = ["FILE", "bundle", "render"]
