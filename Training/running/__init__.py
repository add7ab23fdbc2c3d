"""Running: the loop and all that a run needs, from devices to its folder, its logs and its pictures."""

from Training.running.devices import make_fabric, warning_of_slow_precision
from Training.running.loop import train

__all__ = ["make_fabric", "train", "warning_of_slow_precision"]
