"""The clothed trunk as a lathe: an average body, changed by build and clothes."""

from __future__ import annotations

import numpy as np

from .people import Person
from .pose import Pose
from .solids import Lathe, View

WAIST = 0.60
"""Height of the waist, as a share of the body height."""

_TORSO = (
    # share of body height, half width, half depth: an average adult, as shares of the body height
    (0.850, 0.032, 0.036), (0.836, 0.050, 0.044), (0.824, 0.076, 0.052), (0.810, 0.096, 0.058),
    (0.786, 0.106, 0.066), (0.740, 0.105, 0.073), (0.690, 0.098, 0.070), (0.640, 0.088, 0.064),
    (0.600, 0.090, 0.066), (0.560, 0.098, 0.070), (0.520, 0.102, 0.072), (0.470, 0.101, 0.070),
    (0.400, 0.106, 0.074), (0.250, 0.112, 0.082),
)  # fmt: skip
_TABLE = np.asarray(_TORSO)


def trunk(person: Person, pose: Pose, view: View, top: float, bottom: float, ease: float) -> Lathe:
    """The body between two heights (shares of the body height), `ease` of them wider all round."""
    build = person.build
    table = _TABLE
    shares = np.linspace(top, bottom, 12)
    width = np.interp(-shares, -table[:, 0], table[:, 1])
    depth = np.interp(-shares, -table[:, 0], table[:, 2])
    chest = np.clip((shares - 0.60) / 0.16, 0.0, 1.0)
    neck = np.clip((shares - 0.80) / 0.05, 0.0, 1.0)
    factor = build.hips * (1 - chest) + build.shoulders * chest
    factor = factor * (1 - neck) + neck
    girth = 1 + (build.girth - 1) * (1 - 0.75 * chest) * 1.1
    female = person.look.gender == "female" and person.look.age != "teenager"
    bust = 0.012 * np.exp(-(((shares - 0.735) / 0.035) ** 2)) if female else np.zeros_like(shares)
    waist = -0.010 * np.exp(-(((shares - 0.64) / 0.05) ** 2)) if female else np.zeros_like(shares)
    belly = 0.10 * max(0.0, build.girth - 1.05) * np.exp(-(((shares - 0.60) / 0.07) ** 2))
    up = shares * build.height + pose.lift
    rows = [
        (
            float(u),
            float((w * f * g + ease + n) * build.height),
            float((d * g + ease + b + v) * build.height),
            pose.forward(float(u)) + float(b + v) * 0.5 * build.height,
        )
        for u, w, d, f, g, b, n, v in zip(up, width, depth, factor, girth, bust, waist, belly, strict=True)
    ]
    return Lathe(view, rows)
