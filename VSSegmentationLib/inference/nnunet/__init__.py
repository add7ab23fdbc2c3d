"""Running models that nnU-Net v2 trained, without nnU-Net: its plans, preprocessing, windows, mirroring and ensembling.

Source: Isensee et al., Nature Methods 2021, doi:10.1038/s41592-020-01008-z; read from the files of nnU-Net v2.
"""

from VSSegmentationLib.inference.nnunet.folder import is_model_folder, read_model_folder
from VSSegmentationLib.inference.nnunet.plans import NnUNetPlans
from VSSegmentationLib.inference.nnunet.predicting import FoldEnsemble, predict_labels, predict_probabilities

__all__ = [
    "FoldEnsemble",
    "NnUNetPlans",
    "is_model_folder",
    "predict_labels",
    "predict_probabilities",
    "read_model_folder",
]
