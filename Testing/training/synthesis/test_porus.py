"""The plane of the porus is the face of the bone that the canal opens in, wherever the canal was said to begin."""

from dataclasses import replace

import numpy as np
import pytest

from Training.synthesis.ear import Ear
from Training.synthesis.porus import porus_plane
from Training.synthesis.shapes import ellipsoid, stamp
from Training.synthesis.tissues import Tissue

MM = 0.5
SHAPE = (80, 80, 100)
EAR = Ear(
    side="right", porus=np.array([20.0, 20.0, 25.0]), axis=np.array([0.0, 0.0, 1.0]), length_mm=10.0, ap_mm=5.0,
    cc_mm=5.0, flare_mm=0.3, lips_mm=0.0,
)  # fmt: skip


def carved(ear: Ear, normal: np.ndarray, face: np.ndarray) -> np.ndarray:
    """CSF up to a plane face, bone behind it, the canal carved from well before the face."""
    tissues = np.full(SHAPE, Tissue.CSF, np.uint8)
    places = np.stack(np.meshgrid(*[np.arange(n) * MM for n in SHAPE], indexing="ij"), axis=-1)
    tissues[(places - face) @ normal > 0] = Tissue.BONE
    stamp(tissues, MM, ear.canal(-8.0), Tissue.CANAL_FLUID)
    return tissues


@pytest.mark.parametrize("tilt_deg", [(0, 0), (20, 0), (0, -25), (15, 20), (0, 45)])
@pytest.mark.parametrize("begun_mm", [-1.5, 0.0, 2.0])
@pytest.mark.parametrize("side", ["right", "left"])
def test_it_is_the_face_of_the_bone(side, begun_mm, tilt_deg):
    up, front = np.tan(np.radians(tilt_deg))
    out = 1.0 if side == "right" else -1.0
    axis = np.array([0.1, -0.2, out]) / np.linalg.norm([0.1, -0.2, 1.0])
    normal = np.array([up, front, out]) / np.linalg.norm([up, front, 1.0])
    face = np.array([20.0, 20.0, 25.0])
    ear = replace(EAR, side=side, axis=axis, porus=face + begun_mm * axis)
    plane = porus_plane(carved(ear, normal, face), MM, ear)
    assert plane is not None
    assert abs((plane.origin - face) @ normal) < 0.5  # one voxel
    assert np.degrees(np.arccos(min(1.0, plane.normal @ normal))) < 5


def test_a_groove_in_the_lip_does_not_turn_it():
    face, normal = EAR.porus, EAR.axis
    tissues = carved(EAR, normal, face)
    stamp(tissues, MM, ellipsoid(face + np.array([0, 3.5, 2]), [1.5, 2.0, 6.0]), Tissue.CSF)
    plane = porus_plane(tissues, MM, EAR)
    assert plane is not None
    assert abs((plane.origin - face) @ normal) <= 0.5
    assert np.degrees(np.arccos(plane.normal @ normal)) < 8


def test_without_bone_round_the_canal_there_is_none():
    assert porus_plane(np.full(SHAPE, Tissue.CSF, np.uint8), MM, EAR) is None
    assert porus_plane(np.full(SHAPE, Tissue.BONE, np.uint8), MM, EAR) is None  # no opening
