"""DICOM SEG and SR from the module: for a scan of Slicer's database, whichever way round Slicer laid its slices."""

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_files import SeriesSpec, write_series
from VSSegmentationLib.formats import DICOM_FORMATS, OutputFormat
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.scene import add_volume
from VSSegmentationLib.volume import Volume

SHAPE = (30, 96, 96)


class Database:
    """In place of the ctkDICOMDatabase that Slicer keeps in `slicer.dicomDatabase`."""

    def __init__(self, files):
        self.files = files

    def fileForInstance(self, uid):
        return self.files.get(uid, "")


def ball(shape):
    d, h, w = np.indices(shape)
    return ((d - 15) * 2) ** 2 + (h - 50) ** 2 + (w - 30) ** 2 < 8**2


def flipped(volume):
    """The same voxels with the slices in the other order."""
    affine = volume.dhw_to_ras.copy()
    affine[:3, 3] += affine[:3, 0] * (volume.shape[0] - 1)
    affine[:3, 0] *= -1
    return Volume(volume.array[::-1].copy(), affine)


@pytest.fixture(params=["as stored", "the other way round"])
def from_dicom(request, widget, worker, hands, tmp_path, monkeypatch):
    """A scan of the database, segmented; and the mask on the grid of its series."""
    import slicer

    image = np.random.default_rng(1).integers(0, 200, SHAPE).astype(np.int16)
    image[ball(SHAPE)] += 500
    spec = SeriesSpec(
        spacing_dhw_mm=(2.0, 1.0, 1.0),
        origin_lps_mm=(-48.0, -48.0, -30.0),
        patient="Doe^John",
        tags={"FrameOfReferenceUID": pydicom.uid.generate_uid(), "StudyInstanceUID": pydicom.uid.generate_uid()},
    )
    paths = write_series(tmp_path / "series", image, spec)
    files = {str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID): str(path) for path in paths}
    monkeypatch.setattr(slicer, "dicomDatabase", Database(files), raising=False)
    scan = read_scan(paths[0]).volume
    mask = Volume(ball(SHAPE).astype(np.uint8), scan.dhw_to_ras)
    turned = (lambda each: each) if request.param == "as stored" else flipped
    node = add_volume(slicer.mrmlScene, turned(scan), "Scan T2")
    node.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    worker.labelmap = turned(mask)
    widget.casePanel.ui.inputSelector.setCurrentNode(node)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    return widget, mask, set(files)


def export(widget, hands, folder):
    ui = widget.reportPanel.ui
    widget.reportPanel.unfold()
    ui.exportFolderButton.directory = str(folder)
    for each, box in widget.reportPanel.formatBoxes.items():
        box.checked = each in DICOM_FORMATS
    hands.click(ui.exportButton)
    assert "Written into" in ui.exportLabel.text
    return [pydicom.dcmread(folder / "vs_report" / name) for name in ("segmentation.dcm", "measurements_sr.dcm")]


@pytest.mark.parametrize("named", [False, True])
def test_seg_and_sr_lie_on_the_slices_of_the_series_and_name_the_patient_only_when_asked(
    from_dicom, hands, tmp_path, named
):
    widget, mask, instances = from_dicom
    widget.reportPanel.unfold()
    for each in set(DICOM_FORMATS) - {OutputFormat.DICOM_PDF}:  # which needs a program that Slicer lacks
        assert widget.reportPanel.formatBoxes[each].enabled
        widget.reportPanel.formatBoxes[each].checked = True
    if named:
        hands.tick(widget.reportPanel.ui.identityCheck)
    seg, sr = export(widget, hands, tmp_path / "out")
    frames = dict.fromkeys(np.unique(np.argwhere(mask.array)[:, 0]), 0)
    stored = seg.pixel_array.astype(bool)
    places = [float(f.PlanePositionSequence[0].ImagePositionPatient[2]) for f in seg.PerFrameFunctionalGroupsSequence]
    for place, frame in zip(places, np.atleast_3d(stored) if stored.ndim == 3 else stored[None], strict=True):
        index = round((place + 30.0) / 2.0)
        frames[index] = frames.get(index, 0) + int(frame.sum())
    assert frames == {d: int(mask.array[d].astype(bool).sum()) for d in frames}
    assert ("Doe" in str(seg.PatientName)) is named
    assert ("Doe" in str(sr.PatientName)) is named
    referred = {
        str(i.ReferencedSOPInstanceUID) for s in seg.ReferencedSeriesSequence for i in s.ReferencedInstanceSequence
    }
    assert (referred <= instances) is named


def test_without_highdicom_the_boxes_say_so(from_dicom, monkeypatch):
    from VSSegmentationPanels import DicomInput

    widget, _, _ = from_dicom
    monkeypatch.setattr(DicomInput, "find_spec", lambda _name: None)
    widget.reportPanel.update()
    box = widget.reportPanel.formatBoxes[OutputFormat.DICOM_SEG]
    assert not box.enabled
    assert "Slicer 5.12 and later" in box.toolTip
    assert box.toolTip in widget.reportPanel.ui.whyLabel.text


def test_a_series_that_left_the_database_is_told(from_dicom, monkeypatch):
    import slicer

    widget, _, _ = from_dicom
    monkeypatch.setattr(slicer, "dicomDatabase", Database({}))
    widget.reportPanel.update()
    assert "was not loaded from Slicer's DICOM database" in widget.reportPanel.ui.whyLabel.text
