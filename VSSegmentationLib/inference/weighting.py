"""What the image itself says about its weighting: a small network on the tissues round the pori.

Trained on synthetic heads only, by `python -m Training weighting`; its numbers are the JSON file beside the models. It
says nothing where it is not sure: a question costs a user a moment, a wrong answer a wrong result.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.inference.locating import Located
from VSSegmentationLib.inference.porus_features import COUNT, porus_features
from VSSegmentationLib.models import EMBEDDED_FOLDER

FILE_NAME = "weighting_synthetic.json"
CLASSES: tuple[Literal["T2", "ceT1", "T1", "other"], ...] = ("T2", "ceT1", "T1", "other")

_SURE_T2, _EACH_T2 = 0.95, 0.85
"""Of the probability of T2: the least mean over the ears, and the least of each."""
_SURE_T1, _EACH_T1 = 0.9, 0.75
"""The same of ceT1 and T1 taken together."""
_SURE_CONTRAST, _EACH_CONTRAST = 0.9, 0.8
"""The same of one of these two, which look alike but for vessels, mucosa and tumor."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightingNetwork:
    """A perceptron with one hidden layer."""

    mean: NDArray[np.float64]
    """(COUNT,) of the features it was trained on."""
    deviation: NDArray[np.float64]
    hidden: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Weights (H, COUNT) and bias (H,)."""
    output: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Weights (4, H) and bias (4,)."""

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (4,) probabilities in the order of `CLASSES`.

        Args:
            features: (COUNT,) as `porus_features` gives them; what was not seen counts as the mean.
        """
        scored = np.nan_to_num(np.clip((features - self.mean) / self.deviation, -4, 4))
        hidden = np.maximum(self.hidden[0] @ scored + self.hidden[1], 0)
        logits = self.output[0] @ hidden + self.output[1]
        exponentials: NDArray[np.float64] = np.exp(logits - logits.max())
        exponentials /= exponentials.sum()
        return exponentials


@cache
def load_weighting_network(path: Path = EMBEDDED_FOLDER / FILE_NAME) -> WeightingNetwork:
    """Read the network.

    Raises:
        ModelError: If the file is missing or damaged.
    """
    try:
        told = read_json_file(path)
        arrays = {name: np.array(told[name], np.float64) for name in ("mean", "deviation")}
        hidden, output = ((np.array(told[n]["weight"]), np.array(told[n]["bias"])) for n in ("hidden", "output"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = "the numbers that tell weightings apart are missing or damaged; install the program anew"
        raise ModelError(msg) from error
    if arrays["mean"].shape != (COUNT,) or output[0].shape != (len(CLASSES), len(hidden[1])):
        msg = "the numbers that tell weightings apart are of another version; install the program anew"
        raise ModelError(msg)
    return WeightingNetwork(**arrays, hidden=hidden, output=output)


def image_evidence(located: Located, network: WeightingNetwork | None = None) -> Evidence:
    """Return what the image says, or that it says nothing.

    Args:
        located: The scan at the locator's resolution, and where its pori are.
        network: Tells weightings apart; None takes the one that comes along.
    """
    told = network or load_weighting_network()
    ears = [told.probabilities(each) for each in _features(located)]
    return Evidence(Source.IMAGE, _says(np.array(ears)) if ears else Says.NOTHING)


def _features(located: Located) -> list[NDArray[np.float32]]:
    to_index = geometry.as_affine(np.linalg.inv(located.grid.dhw_to_ras))
    found = []
    for center_ras_mm, is_left in ((located.pori.right_ras_mm, False), (located.pori.left_ras_mm, True)):
        if center_ras_mm is not None:
            d, h, w = geometry.transform_points(to_index, np.array(center_ras_mm)).tolist()
            found.append(porus_features(located.array, (d, h, w), is_left=is_left))
    return [each for each in found if each is not None]


def _says(ears: NDArray[np.float64]) -> Says:
    """Return what (ears, 4) probabilities say together."""
    t2, ce_t1, t1, _other = ears.T

    def sure(probability: NDArray[np.float64], mean: float, each: float) -> bool:
        return bool(probability.mean() >= mean and probability.min() >= each)

    if sure(t2, _SURE_T2, _EACH_T2):
        return Says.T2
    if not sure(ce_t1 + t1, _SURE_T1, _EACH_T1):
        return Says.NOTHING
    if sure(ce_t1, _SURE_CONTRAST, _EACH_CONTRAST):
        return Says.CE_T1
    return Says.T1 if sure(t1, _SURE_CONTRAST, _EACH_CONTRAST) else Says.ANY_T1
