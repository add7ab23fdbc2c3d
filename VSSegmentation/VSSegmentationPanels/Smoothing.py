"""Smoothing the tumor of an examination, all parts at once: Slicer's own tool takes one segment, and shrinks it."""

from VSSegmentationLib.interaction import MergeRules, held_by_earlier
from VSSegmentationLib.pipeline import smooth_labelmap
from VSSegmentationLib.volume import Volume
from VSSegmentationPanels.Examination import Examination


def smoothedLabelmap(examination: Examination) -> Volume:
    """Return the labelmap with a smooth outline and just the volume that it has; clicked voxels stay."""
    labelmap, task = examination.labelmap, examination.task
    said = [each.interaction for each in examination.corrections]
    held = held_by_earlier(task.label_set.tumor_mask(labelmap.array), said, labelmap.dhw_to_ras, MergeRules())
    return smooth_labelmap(labelmap, task=task, plane=examination.userPlane, fixed=held)
