"""The porus plane as a markup that a person drags, and back."""

import numpy as np
import pytest

from Testing.scene.test_segmentations import scan_node
from Testing.scene.test_volumes import MOVE
from Testing.support.phantoms import MEATAL_NORMAL_RAS, ice_cream
from Testing.support.scenes import headless_scene, transform_node
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.measurement import MeatalPlane, fit_meatal_plane
from VSSegmentationLib.scene import add_meatal_plane, meatal_plane_of, set_meatal_plane

PLANE = MeatalPlane(origin_ras_mm=(3.0, -4.0, 12.5), normal_ras=(2.0, -1.0, 0.5), rms_mm=0.3, source="fit")


def assert_same(found: MeatalPlane, expected: MeatalPlane) -> None:
    np.testing.assert_allclose(found.origin_ras_mm, expected.origin_ras_mm, atol=1e-9)
    np.testing.assert_allclose(found.normal_ras, expected.normal_ras, atol=1e-9)


@pytest.mark.parametrize("normal", [(2.0, -1.0, 0.5), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)])
def test_a_plane_comes_back_with_its_direction_as_one_set_by_a_person(normal):
    plane = MeatalPlane(origin_ras_mm=(3.0, -4.0, 12.5), normal_ras=normal, rms_mm=0.3, source="fit")
    with headless_scene() as scene:
        back = meatal_plane_of(add_meatal_plane(scene, plane))
    assert_same(back, plane)
    assert back.source == "user"
    assert back.rms_mm == 0.0


def test_the_fitted_plane_of_a_phantom_arrives_in_the_scene():
    with headless_scene() as scene:
        node = add_meatal_plane(scene, fit_meatal_plane(ice_cream((0.5, 0.5, 0.5))))
        cosine = np.dot(meatal_plane_of(node).normal_ras, MEATAL_NORMAL_RAS)
    assert cosine > np.cos(np.radians(5.0))


def test_the_plane_can_be_moved_and_turned_by_its_handles_but_not_scaled():
    with headless_scene() as scene:
        node = add_meatal_plane(scene, PLANE)
        display = node.GetDisplayNode()
        assert display.GetHandlesInteractive()
        assert display.GetTranslationHandleVisibility()
        assert display.GetRotationHandleVisibility()
        assert not display.GetScaleHandleVisibility()
        assert display.GetTranslationHandleComponentVisibility() == (
            False,
            False,
            True,
            False,
        )  # along the normal alone
        assert display.GetRotationHandleComponentVisibility() == (True, True, False, False)
        assert display.GetInteractionHandleScale() <= 1.0  # of Slicer's 3, which cover a tumor
        assert not node.GetLocked()
        assert node.GetSize() == pytest.approx((20.0, 20.0))


def test_a_plane_is_set_in_the_world_also_under_the_transform_of_its_scan():
    labelmap = ice_cream((1.5, 0.7, 0.7))
    with headless_scene() as scene:
        scan = scan_node(scene, labelmap)
        transform = transform_node(scene, MOVE)
        scan.SetAndObserveTransformNodeID(transform.GetID())
        node = add_meatal_plane(scene, PLANE, scan)
        assert_same(meatal_plane_of(node), PLANE)
        moved = MeatalPlane(origin_ras_mm=(0.0, 1.0, 2.0), normal_ras=(0.0, 1.0, 1.0), rms_mm=0.0, source="user")
        set_meatal_plane(node, moved)
        assert_same(meatal_plane_of(node), moved)
        assert node.GetTransformNodeID() == transform.GetID()


def test_a_node_without_a_plane_is_refused():
    with headless_scene() as scene:
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Not placed yet")
        with pytest.raises(GeometryError, match="normal"):
            meatal_plane_of(node)
