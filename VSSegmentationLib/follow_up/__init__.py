"""Examinations of one patient compared: which ones, when they were, how they are laid on each other, what came of it.

An examination to compare is made by `read_examination` from files, or by `examination_of` from what the pipeline found:

    first, second = (examination_of(pipeline.measure_labelmap(mask, scan).content) for mask, scan in given)
    content = compare_examinations([first, second], Times(days=(0, 402)))

`compare_examinations` alone puts a comparison together: command line, notebook and Slicer module call it.
"""

from VSSegmentationLib.follow_up.comparing import compare_examinations
from VSSegmentationLib.follow_up.examination import ComparedExamination, examination_of
from VSSegmentationLib.follow_up.reading import read_examination
from VSSegmentationLib.follow_up.times import Times, known_times

__all__ = ["ComparedExamination", "Times", "compare_examinations", "examination_of", "known_times", "read_examination"]
