"""How large an adult's spine is, level by level: bodies, discs, cord, sac, epidural space, and the direction of the canal.

Values stand at the mid-height of the vertebra that is named; between them sizes change smoothly.
"""

from __future__ import annotations

# Heights in mm of vertebral bodies and of the disc below each, adults; judged from anatomy texts, no single source.
BODY_MM = {
    "C1": 16.0, "C2": 20.0, "C3": 13.5, "C4": 13.2, "C5": 12.8, "C6": 13.2, "C7": 14.5,
    "T1": 16.0, "T2": 17.0, "T3": 17.5, "T4": 18.0, "T5": 18.5, "T6": 19.0, "T7": 19.5, "T8": 20.0, "T9": 20.5,
    "T10": 21.5, "T11": 22.5, "T12": 24.0, "T13": 25.0, "L1": 26.0, "L2": 26.5, "L3": 27.0, "L4": 27.0, "L5": 27.0, "L6": 27.0,
    "S1": 28.0, "S2": 23.0, "S3": 19.0, "S4": 16.0, "S5": 14.0,
}  # fmt: skip
DISC_MM = {
    "C1": 1.0, "C2": 5.0, "C3": 5.2, "C4": 5.3, "C5": 5.3, "C6": 5.6, "C7": 5.2,
    "T1": 4.6, "T2": 4.2, "T3": 4.0, "T4": 4.0, "T5": 4.2, "T6": 4.5, "T7": 4.8, "T8": 5.0, "T9": 5.2, "T10": 5.6,
    "T11": 6.0, "T12": 6.8, "T13": 7.4, "L1": 8.0, "L2": 9.2, "L3": 10.5, "L4": 11.3, "L5": 9.8, "L6": 9.8,
    "S1": 2.0, "S2": 1.0, "S3": 1.0, "S4": 1.0, "S5": 0.0,
}  # fmt: skip
# Cross-sectional area of the cord in mm², mean and SD. Source: pam50_normalized_metrics; C1 and what lies below T11 judged.
CORD_AREA = {
    "C1": (74.0, 7.0), "C2": (71.7, 6.9), "C4": (77.3, 7.5), "C7": (56.8, 7.2), "T3": (37.9, 5.2), "T6": (34.9, 3.9),
    "T9": (39.3, 4.7), "T11": (48.8, 8.6), "T12": (47.0, 8.0),
}  # fmt: skip
# Width of the cord over its depth; judged.
CORD_ASPECT = {"C1": 1.35, "C3": 1.55, "C5": 1.75, "C7": 1.6, "T3": 1.22, "T9": 1.2, "T12": 1.15, "L1": 1.1}
# Cross-sectional area of sac and cord together in mm²; C3, C7, T3 by pam50_normalized_metrics, the rest judged.
SAC_AREA = {
    "C1": (300.0, 40.0), "C2": (240.0, 32.0), "C3": (210.0, 29.0), "C5": (190.0, 28.0), "C7": (195.0, 32.0),
    "T3": (151.0, 28.0), "T7": (145.0, 26.0), "T10": (165.0, 28.0), "T12": (205.0, 32.0), "L2": (215.0, 36.0),
    "L4": (190.0, 38.0), "L5": (165.0, 36.0), "S1": (115.0, 30.0), "S2": (45.0, 15.0),
}  # fmt: skip
SAC_ASPECT = {"C1": 1.15, "C3": 1.5, "C6": 1.65, "T1": 1.35, "T6": 1.08, "T12": 1.25, "L3": 1.25, "L5": 1.3, "S2": 1.4}
# Half the depth and half the width in mm of the vertebral body; judged.
BODY_DEPTH = {
    "C2": 7.5, "C5": 8.3, "C7": 8.8, "T1": 9.0, "T6": 13.5, "T12": 15.5, "L3": 17.0, "L5": 17.5, "S1": 14.5, "S3": 7.0, "S5": 4.0,
}  # fmt: skip
BODY_WIDTH = {
    "C2": 9.0, "C5": 10.0, "C7": 12.5, "T2": 14.0, "T6": 14.5, "T12": 20.5, "L3": 23.0, "L5": 25.5, "S1": 27.0, "S3": 18.0,
    "S5": 10.0,
}  # fmt: skip
# Room between sac and bone in mm at the front, at the back and at the sides; judged.
EPIDURAL = {
    "front": {"C2": 0.7, "T6": 0.8, "T12": 1.0, "L4": 1.5, "L5": 3.0, "S1": 6.0, "S3": 3.0},
    "back": {"C2": 0.6, "C7": 0.8, "T4": 1.6, "T8": 2.0, "L3": 1.5, "S2": 2.5},
    "side": {"C2": 1.0, "T6": 1.0, "L2": 1.5, "L5": 3.0, "S1": 5.0, "S3": 3.0},
}
# Direction in degrees of the canal, upwards: positive leans to the front. Source: judged from standing-to-supine curves.
LEAN = {
    "S5": 42.0, "S2": 38.0, "S1": 27.0, "L5": 17.0, "L3": 0.0, "L1": -12.0, "T10": -13.0, "T7": 0.0, "T3": 15.0, "T1": 17.0,
    "C6": 9.0, "C4": -1.0, "C2": -7.0, "C1": -8.0,
}  # fmt: skip
