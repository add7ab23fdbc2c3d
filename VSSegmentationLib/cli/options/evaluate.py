"""What can be typed after `evaluate`; apart from what carries it out, which takes time to import."""

import argparse
from pathlib import Path

PURPOSE = "compare labelmaps with references, case by case, and summarize them as papers do"
EXAMPLES = """
  vs-segmentation evaluate predictions references --out evaluation
  vs-segmentation evaluate predictions references --out evaluation --compare other_predictions --method-names 2.5D,3D
  vs-segmentation evaluate case7.nii.gz case7_truth.seg.nrrd --out evaluation
  vs-segmentation evaluate predictions references --out evaluation --labels whole --reference-values mask

folders: a prediction belongs to the reference of the same name, without extension and without one closing word such as
_seg, _Label, _mask, _truth or _pred; a folder that segment wrote is a prediction with the name of the folder."""


def add_evaluate_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    parser.add_argument("predictions", metavar="PREDICTIONS", type=Path, help="folder of labelmaps, or one labelmap")
    parser.add_argument("references", metavar="REFERENCES", type=Path, help="the same, for comparison")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the results, made if absent")
    parser.add_argument(
        "--force", action="store_true", help="replace the results of a former evaluation in that folder"
    )
    parser.add_argument(
        "--compare", metavar="OTHER_PREDICTIONS", type=Path, help="test against those of another method"
    )
    parser.add_argument("--method-names", metavar="NAME,NAME", help="what the tables call the method and the other one")
    parser.add_argument(
        "--labels", metavar="LABEL,...", help="of whole, em, im, boundary, cochlea (default: the first 4)"
    )
    parser.add_argument(
        "--task", metavar="NAME", default="vestibular schwannoma", help="kind of tumor (default: %(default)s)"
    )
    for role in ("prediction", "reference"):
        parser.add_argument(
            f"--{role}-values", metavar="MAP",
            help=f"meaning of the values of a {role} that does not say it: own, mask, crossmoda2021, crossmoda2023, or "
            "pairs: 1=im,2=em (default: as measure reads it)",
        )  # fmt: skip
    parser.add_argument("--allow-missing", action="store_true", help="leave out what has no partner, and say so")
    parser.add_argument(
        "--missing-as-empty", action="store_true", help="count a reference without a prediction as a missed tumor"
    )
    parser.add_argument(
        "--penalty-mm", metavar="MM", type=float, default=350.0, help="for infinite distances (default: 350)"
    )
    parser.add_argument(
        "--interval", choices=["BCa", "percentile"], default="BCa", help="kind of bootstrap interval (default: BCa)"
    )
    parser.add_argument("--seed", metavar="N", type=int, help="of the bootstrap; a fixed one by default")
    parser.add_argument("--no-figures", action="store_true", help="draw no box plots, which need matplotlib")
    parser.add_argument(
        "--no-case-names", action="store_true", help="keep the names of cases out of the case table, too"
    )
    parser.add_argument("--progress", choices=["json"], help="one JSON object per line on standard output")
