"""One examination from its files to its folder of results, whoever asks: what the command `segment` does.

Command line and worker both come through here. Importing this room brings no torch; `carrying_out` does.
"""

from VSSegmentationLib.case_run.request import CaseRequest

__all__ = ["CaseRequest"]
