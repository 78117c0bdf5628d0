"""Where the joints are: a skeleton in metres for a build and a phase of the gait."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .people import Build

Point = tuple[float, float, float]
"""(lateral, forward, up): the person's left, where they look, away from the ground."""

ANKLE = 0.045
HIP = 0.515
SHOULDER = 0.784
NECK = 0.838
HEAD = 0.934
"""Heights as shares of the body height."""

DOINGS: dict[str, tuple[float, float, float, float]] = {
    # upper arm forward, elbow bent, upper arm outward, forearm outward (radians)
    "pocket": (-0.22, 0.62, 0.26, -0.10),
    "phone": (0.30, 1.75, 0.06, -0.35),
    "call": (0.75, 2.05, 0.30, -0.55),
    "umbrella": (0.35, 1.80, 0.10, -0.10),
    "strap": (0.40, 2.10, 0.16, -0.30),
    "pull": (-0.42, 0.10, 0.10, 0.02),
}
"""What an arm may do besides `swing` and `carry` (hang almost still)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Joints of one leg, from the hip down."""

    hip: Point
    knee: Point
    ankle: Point
    toe: Point


@dataclass(frozen=True, slots=True)
class Arm:
    """Joints of one arm, from the shoulder down."""

    shoulder: Point
    elbow: Point
    wrist: Point
    hand: Point


@dataclass(frozen=True, slots=True)
class Pose:
    """All joints; index 0 is the person's left. `lift` is how far the hip has sunk below standing height."""

    height: float
    lift: float
    lean: float
    hip: float
    legs: tuple[Leg, Leg]
    arms: tuple[Arm, Arm]

    def up(self, share: float) -> float:
        """Height above ground of a point at `share` of the body height."""
        return share * self.height + self.lift

    def forward(self, up: float) -> float:
        """How far the lean has brought the spine forward at that height."""
        return self.lean * max(0.0, up - self.hip)


def pose(build: Build, phase: float, energy: float, doings: tuple[str, str] = ("swing", "swing")) -> Pose:
    """Joints at `phase` (0 to 1) of the gait; `energy` 0 stands, 1 walks briskly; `doings` of the left and
    the right arm."""
    height = build.height
    hip = HIP * build.legs * height
    swing = 0.42 * build.stride * energy
    legs = [_leg(build, hip, side, phase + offset, swing) for side, offset in ((1, 0.0), (-1, 0.5))]
    lift = ANKLE * height - min(leg.ankle[2] for leg in legs)
    lean = build.stoop + 0.04 * energy
    # Standing people rest on one leg, walking ones turn the shoulders against the hips.
    twist = 0.10 * swing * math.sin(2 * math.pi * phase)
    arms = [
        _arm(build, lift, lean, side, swing * math.sin(2 * math.pi * (phase + offset)), twist, doing)
        for (side, offset), doing in zip(((1, 0.5), (-1, 0.0)), doings, strict=True)
    ]
    return Pose(
        height=height,
        lift=lift,
        lean=lean,
        hip=hip + lift,
        legs=(_raise_leg(legs[0], lift), _raise_leg(legs[1], lift)),
        arms=(arms[0], arms[1]),
    )


def _leg(build: Build, hip_up: float, side: int, phase: float, swing: float) -> Leg:
    length = hip_up - ANKLE * build.height
    thigh, shin = 0.51 * length, 0.49 * length
    angle = swing * math.sin(2 * math.pi * phase)
    bend = 0.06 + 1.5 * swing * max(0.0, math.cos(2 * math.pi * phase))
    hip = (side * 0.047 * build.hips * build.height, 0.0, hip_up)
    knee = (hip[0] * (0.4 + 0.6 * build.stance), thigh * math.sin(angle), hip_up - thigh * math.cos(angle))
    lower = angle - bend
    spread = build.stance * (0.9 if swing > 0.1 else 1.25)
    ankle = (hip[0] * spread, knee[1] + shin * math.sin(lower), knee[2] - shin * math.cos(lower))
    foot = 0.098 * build.height
    tip = min(0.0, lower) * 0.7
    toe = (
        ankle[0] + side * foot * build.toes,
        ankle[1] + foot * math.cos(tip),
        ankle[2] - 0.028 * build.height + foot * math.sin(tip),
    )
    return Leg(hip, knee, ankle, toe)


def _raise_leg(leg: Leg, lift: float) -> Leg:
    joints = (leg.hip, leg.knee, leg.ankle, leg.toe)
    hip, knee, ankle, toe = ((x, y, z + lift) for x, y, z in joints)
    return Leg(hip, knee, ankle, toe)


def _arm(build: Build, lift: float, lean: float, side: int, swing: float, twist: float, doing: str) -> Arm:
    height = build.height
    up = SHOULDER * height + lift
    if doing in DOINGS:
        angle, bend, out, turned = DOINGS[doing]
        angle += 0.15 * swing
    else:
        angle = build.arms * swing * (0.25 if doing == "carry" else 0.9)
        bend, out, turned = build.elbows + 0.9 * max(0.0, angle), build.splay, build.splay * 0.3
    shoulder = (
        side * 0.101 * build.shoulders * height,
        lean * 0.27 * height + side * twist * height * 0.5,
        up,
    )
    upper, lower = 0.160 * height, 0.142 * height
    elbow = _from(shoulder, side * out, angle, upper)
    wrist = _from(elbow, side * turned, angle + bend, lower)
    hand = _from(wrist, side * turned * 0.7, angle + bend, 0.050 * height)
    return Arm(shoulder, elbow, wrist, hand)


def _from(start: Point, splay: float, angle: float, length: float) -> Point:
    return (
        start[0] + length * math.sin(splay),
        start[1] + length * math.sin(angle) * math.cos(splay),
        start[2] - length * math.cos(angle) * math.cos(splay),
    )
