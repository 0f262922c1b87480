"""The reading room's server: the archive, the stages and the atlas behind one JSON interface, on this machine alone."""
