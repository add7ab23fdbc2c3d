"""Any small volume either goes the whole way or is refused with a sentence; nothing crashes."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from Testing.support.grids import examples
from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.formats import DEFAULT_FORMATS
from VSSegmentationLib.imageio import read_scan, write_image
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.pipeline import PipelineOptions, run, write_outputs
from VSSegmentationLib.volume import Volume

# Three in four grids are usable: 8 slices or more, 30 mm or more, at most 10 mm per voxel. The others just miss it.
_AXES = st.sampled_from([(8, 4.5), (9, 3.5), (13, 2.5), (16, 4.0), (21, 1.5), (32, 1.0)])
_FLAWED_AXES = st.sampled_from([(1, 4.0), (7, 4.5), (8, 3.6), (8, 10.1), (32, 0.05)])
_ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)
_CONTENTS = st.sampled_from(("noise", "noise", "bright", "constant", "nan", "negative", "huge", "tiny", "mostly zero"))


@st.composite
def volumes(draw: st.DrawFn) -> Volume:
    """A small volume in any place, of any orientation, with any voxels."""
    axes = [draw(_AXES), draw(_AXES), draw(_AXES if draw(st.integers(0, 3)) else _FLAWED_AXES)]
    (shape, spacing), content = zip(*draw(st.permutations(axes)), strict=True), draw(_CONTENTS)
    noise = np.random.default_rng(draw(st.integers(0, 1000))).random(shape)
    array = {
        "noise": 100 * noise,
        "bright": 100 * noise + 5000 * (noise > 0.999),
        "constant": np.full(shape, 3.0),
        "nan": np.where(noise < 0.5, np.nan, noise),
        "negative": -2000 * noise,
        "huge": 1e37 * noise,
        "tiny": 1e-30 * noise,
        "mostly zero": noise * (noise > 0.99),
    }[content]
    directions = Rotation.from_euler("xyz", draw(_ANGLES), degrees=True).as_matrix()
    if draw(st.booleans()):
        directions[:, 0] *= -1  # left-handed
    affine = np.eye(4)
    affine[:3, :3] = directions * spacing
    affine[:3, 3] = draw(st.tuples(*[st.floats(-500, 500)] * 3))
    return Volume(array.astype(np.float32), affine)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "toy.pt"
    save_model(path, toy_segmenter())
    return path


@pytest.mark.slow  # without files: inference/test_segmenter.py; the whole way: test_pipeline.py, test_main.py
@examples(60)
@given(volume=volumes(), suffix=st.sampled_from((".nii.gz", ".nrrd", ".mha")))
def test_any_small_volume_is_segmented_on_its_own_grid_or_refused(model: Path, volume: Volume, suffix: str):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{suffix}"
        write_image(path, volume)
        try:
            scan = read_scan(path)
            result = run(scan, PipelineOptions(model=str(model), device="cpu"))
        except InputRefusedError as refusal:
            event(str(refusal)[:40])
            return
        event("segmented")
        assert result.content.labelmap.same_grid(scan.volume)
        write_outputs(result, Path(folder) / "out")
        crops = int(result.content.task.label_set.tumor_mask(result.content.labelmap.array).any())
        assert len(list((Path(folder) / "out").iterdir())) == len(DEFAULT_FORMATS) + 1 + crops  # and provenance.json
