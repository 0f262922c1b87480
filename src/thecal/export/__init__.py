"""What others' systems take in: a reading as objects of the formats that hospitals and researchers use."""
