"""thecal reads an MRI study of the spine for tumours inside the dura and writes a report to be edited and signed."""

__version__ = "0.1.0.dev0"
