"""Files of weights: checkpoints and what is read from them, or from models, without ever running anything in them."""

from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from Training.weights.finding import Found, find_weights, mean_of_weights, network_of_run, weights_of

__all__ = [
    "Found",
    "find_weights",
    "load_checkpoint",
    "mean_of_weights",
    "network_of_run",
    "save_checkpoint",
    "weights_of",
]
