"""How people stand and walk: a moment's pose, as turns of their bones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..exact import angles, cos, sin
from .baking import BONES
from .skeleton import BONE, Floats, chain, turn, turn_about

HABITS = ("swing", "pocket", "phone", "call", "carry", "strap", "hold", "umbrella", "roll", "behind")
"""What an arm may do."""


@dataclass(frozen=True, slots=True)
class Stance:
    """One moment."""

    phase: float
    """Place in the gait cycle, 0 to 1."""
    speed: float
    """Length of the step: 0 standing, 1 as usual."""
    left: str = "swing"
    right: str = "swing"
    """What the arms do, one of `HABITS`."""
    look: tuple[float, float] = (0.0, 0.0)
    """Turn of the head to the left and down, radians."""
    sway: tuple[float, float] = (0.0, 0.0)
    """Small deviations of the arms, radians."""


@dataclass(frozen=True, slots=True)
class Gait:
    """How somebody walks and holds themselves; angles in radians, the others factors of the usual."""

    stride: float
    swing: float
    elbow: float
    spread: float
    """Of the arms from the body."""
    toes: float
    stoop: float
    head: float


@dataclass(frozen=True, slots=True)
class Arms:
    """How the arms hang at rest, measured once a body: bend of the elbow and angle from the body."""

    bend: tuple[float, float]
    axis: tuple[NDArray[np.float64], NDArray[np.float64]]
    lean: tuple[float, float]


def measure_arms(joints: Floats) -> Arms:
    """Measure the arms of a body at rest (joints (J, 3)), left and right."""
    bends, axes, leans = [], [], []
    for side in "lr":
        shoulder, elbow, wrist = (
            joints[BONE[f"{bone}_{side}"]].astype(np.float64) for bone in ("upperarm", "lowerarm", "hand")
        )
        upper, lower = _unit(elbow - shoulder), _unit(wrist - elbow)
        axis = np.cross(upper, lower)
        sine = math.sqrt(float((axis * axis).sum()))
        bends.append(float(angles(sine, float((upper * lower).sum()))))
        axes.append(axis)
        leans.append(float(angles(abs(upper[0]), -upper[1])))
    return Arms((bends[0], bends[1]), (axes[0], axes[1]), (leans[0], leans[1]))


def pose_bones(stance: Stance, arms: Arms, gait: Gait) -> NDArray[np.float64]:
    """Return the turns (B, 3, 3) of all bones."""
    local = np.tile(np.eye(3), (len(BONES), 1, 1))
    step = gait.stride * stance.speed
    angle = 2 * math.pi * stance.phase
    for number, (side, sign) in enumerate((("l", 1), ("r", -1))):
        swing = angle + (0 if sign > 0 else math.pi)
        _leg(local, side, sign, swing, step, gait)
        habit = stance.left if sign > 0 else stance.right
        _arm(local, number, swing, step, habit, stance.sway[number], arms, gait)
    twist = 0.11 * step * sin(angle)
    stoop = gait.stoop + 0.03 * step
    nod = gait.head - 0.5 * stoop + stance.look[1]
    # Standing people rest on one leg, so that the hips tilt.
    tilt = 0.03 * sin(angle) if stance.speed < 0.1 else 0.035 * step * cos(angle)
    local[BONE["pelvis"]] = chain(turn(1, -twist * 0.6), turn(2, tilt))
    local[BONE["spine_01"]] = chain(turn(1, twist * 0.5), turn(2, -tilt))
    local[BONE["spine_02"]] = chain(turn(1, twist * 0.6), turn(0, stoop * 0.6))
    local[BONE["spine_03"]] = chain(turn(1, twist * 0.3), turn(0, stoop * 0.5))
    local[BONE["neck_01"]] = chain(turn(1, stance.look[0] * 0.4), turn(0, nod * 0.5))
    local[BONE["head"]] = chain(turn(1, stance.look[0] * 0.6), turn(0, nod * 0.5))
    return local


def _leg(local: NDArray[np.float64], side: str, sign: int, swing: float, step: float, gait: Gait) -> None:
    hip = 0.36 * step * sin(swing) + 0.04 * step
    lift = max(0.0, cos(swing + 0.35))
    knee = (
        step * (0.06 + 0.10 * max(0.0, sin(swing + 0.2)) ** 2 + 0.85 * lift * lift * math.sqrt(lift)) + 0.03
    )
    ankle = -0.12 * step * sin(swing + 0.6) + (0.35 * step if sin(swing) < -0.5 else 0.0)
    # MakeHuman's legs stand apart; walkers set their feet nearly on one line.
    inwards = sign * (0.085 if step > 0.1 else 0.055)
    local[BONE[f"thigh_{side}"]] = chain(
        turn(1, sign * gait.toes),
        turn(0, -hip),
        turn(2, -inwards),
    )
    local[BONE[f"calf_{side}"]] = turn(0, knee)
    local[BONE[f"foot_{side}"]] = chain(turn(0, ankle - knee * 0.15), turn(2, inwards * 0.6))


_HABITS: dict[str, tuple[float, float, float, float]] = {
    # Forward swing, bend of the elbow, angle from the body, turn of the forearm inwards.
    "pocket": (-0.28, 0.85, 0.30, 0.1),
    "phone": (0.35, 1.75, 0.14, 0.45),
    "call": (0.55, 2.35, 0.45, 0.1),
    "carry": (0.02, 0.18, 0.16, 0.0),
    "strap": (0.25, 2.1, 0.20, 0.35),
    "hold": (0.35, 1.45, 0.12, 0.6),
    "umbrella": (0.45, 1.75, 0.10, 0.15),
    "roll": (-0.38, 0.12, 0.22, 0.0),
    "behind": (-0.55, 0.9, 0.25, 0.5),
}


def _arm(
    local: NDArray[np.float64],
    number: int,
    swing: float,
    step: float,
    habit: str,
    sway: float,
    arms: Arms,
    gait: Gait,
) -> None:
    sign = 1 if number == 0 else -1
    side = "lr"[number]
    if habit == "swing":
        forward = -0.40 * step * gait.swing * sin(swing) - 0.06 + sway
        elbow = 0.10 + gait.elbow * (0.25 + 0.6 * max(0.0, -sin(swing)) * min(step, 1.0))
        away, inwards = gait.spread, 0.12
    else:
        forward, elbow, away, inwards = _HABITS[habit]
        forward += sway - 0.06 * step * sin(swing)
    down = arms.lean[number] - away
    local[BONE[f"clavicle_{side}"]] = turn(2, -sign * 0.06)
    local[BONE[f"upperarm_{side}"]] = chain(
        turn(0, -forward), turn(2, -sign * (down - 0.06)), turn(1, -sign * (0.3 + inwards))
    )
    local[BONE[f"lowerarm_{side}"]] = turn_about(arms.axis[number], elbow - arms.bend[number])


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / math.sqrt(float((vector * vector).sum())))
