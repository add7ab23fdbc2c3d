"""The ablations of the first source paper on a fixed synthetic benchmark: its tables and figures."""

from Training.experiments.arms import EXPERIMENTS, Arm, Experiment
from Training.experiments.benchmark import Benchmark, load_benchmark, make_benchmark
from Training.experiments.grid import GridOptions, run_grid
from Training.experiments.report import write_report

__all__ = [
    "EXPERIMENTS",
    "Arm",
    "Benchmark",
    "Experiment",
    "GridOptions",
    "load_benchmark",
    "make_benchmark",
    "run_grid",
    "write_report",
]
