"""Every reader with the sound files that its inputs are made from."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.fuzz import dicom, examinations, models, nodes, segmentations, studies, tables, texts, typed, volumes


class Target(NamedTuple):
    """One reader."""

    write_sound: Callable[[Path], list[Path]]
    """Writes sound files into a folder and returns those that are damaged, one at a time."""
    read: Callable[[Path], str]
    """Says what it took the file for, or raises."""
    share: int
    """How often it is chosen, beside the others."""
    head: int | None = None
    """Where the header lies, which is damaged as often as all the rest."""


TARGETS = {
    "image file": Target(volumes.write_sound, volumes.read_volume_file, 5, 400),
    "labelmap file": Target(volumes.write_sound_labelmaps, volumes.read_label_file, 5, 400),
    "DICOM series": Target(dicom.write_sound_series, dicom.read_series, 5, 1200),
    "RTSTRUCT": Target(dicom.write_sound_structures, dicom.read_structures, 3),
    "SEG": Target(segmentations.write_sound_segs, segmentations.read_seg, 4),
    "SEG of training": Target(segmentations.write_sound_seg_of_tumor, segmentations.read_seg_for_training, 1),
    "model": Target(models.write_sound_models, models.read_model, 2),
    "models folder": Target(models.write_sound_folder, models.read_folder, 1),
    "recipe": Target(texts.write_sound_recipes, texts.read_recipe_file, 2),
    "report": Target(texts.write_sound_reports, texts.read_report_file, 2),
    "table": Target(tables.write_sound_tables, tables.read_table, 2),
    "growth": Target(tables.write_sound_growth, tables.read_growth, 1),
    "examination": Target(examinations.write_sound_examinations, examinations.read_earlier, 1),
    "study": Target(studies.write_sound_studies, studies.read_study_file, 2),
    "typed words": Target(typed.write_sound_words, typed.read_words, 1),
    "node": Target(nodes.write_sound_node, nodes.read_node_file, 1),
    "sidecar": Target(texts.write_sound_sidecar, texts.read_sidecar, 1),
    "worker line": Target(texts.write_sound_lines, texts.read_lines, 2),
}
