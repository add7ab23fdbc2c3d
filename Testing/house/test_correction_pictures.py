"""The picture of three corrections is made of what the product answers, from errors of a known kind."""

from Testing.support.toy_models import toy_refiner
from tools import make_correction_pictures as pictures
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.pipeline.refining import RefineOptions


def test_three_errors_are_clicked_where_they_are_and_what_comes_of_it_is_drawn(tmp_path):
    save_model(tmp_path / "refiner.pt", toy_refiner(threshold=-99.0))  # all within reach is to change
    options = RefineOptions(refiner=str(tmp_path / "refiner.pt"), divider="none", device="cpu", precision="float32")
    lobe, leak, missed = pictures.corrections(SAMPLE_FOLDER, options)
    for row in (lobe, leak, missed):
        wrong = (row.before.array > 0) ^ (row.truth.array > 0)
        place = tuple(row.interaction.voxels(row.image.shape, row.image.dhw_to_ras)[0])
        assert wrong[place]
        assert row.interaction.adds == bool(row.truth.array[place])
    assert (lobe.after.array > 0).sum() > (lobe.before.array > 0).sum()
    assert not missed.before.array.any()
    assert missed.after.array.any()
    assert (leak.after.array > 0).sum() < (leak.before.array > 0).sum()
