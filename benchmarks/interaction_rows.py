"""What robot users came to, kept for each scan, user and method, so that the benchmark can be run in pieces."""

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.interaction_methods import Case, after_click
from Training.interaction import next_interaction, no_op
from Training.recipes import IDEAL_USER, SLOPPY_USER
from VSSegmentationLib import geometry
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.evaluation import average_symmetric_surface_distance_mm, dice
from VSSegmentationLib.interaction import Interaction

Mask = NDArray[np.bool_]
CLICKS = 6
TIMES = "times.md"
"""What `benchmarks.interaction_times` leaves beside the rows."""
USERS = {"ideal": IDEAL_USER, "sloppy": SLOPPY_USER}


@dataclass(frozen=True)
class Row:
    """One scan and the mask to begin with: a JSON file, and the mask beside it."""

    path: Path
    begun_by: str
    """What made the mask to begin with: SHA-256 of a model, or a name; another one makes the row anew."""

    @property
    def content(self) -> dict[str, Any]:
        """What was kept; empty where nothing was, or another mask was begun with."""
        told: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else {}
        return told if told.get("begun_by") == self.begun_by else {}

    def lacks(self, method: str, user: str, answered_by: str) -> bool:
        """Return whether a session is still to be played; one that other weights answered is, too."""
        kept = self.content.get("sessions", {}).get(user, {}).get(method)
        return kept is None or kept["answered_by"] != answered_by

    def begin(self, make: Callable[[], Mask], shape: tuple[int, ...]) -> Mask:
        """Return the mask to begin with, made once."""
        file = self.path.with_suffix(".npz")
        if file.is_file():
            kept = np.load(file)
            if str(kept["begun_by"]) == self.begun_by and tuple(kept["shape"]) == shape:
                return np.unpackbits(kept["mask"], count=int(np.prod(shape))).reshape(shape).astype(np.bool_)
        mask = make()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(file, mask=np.packbits(mask), shape=np.array(shape), begun_by=self.begun_by)
        return mask

    def play(self, case: Case, start: str, method: str, user: str, answered_by: str) -> dict[str, Any]:
        """Play one session and keep it."""
        content = self.content or {
            "name": case.name, "start": start, "begun_by": self.begun_by, "sessions": {},
            "true_mm3": float(case.truth.sum()) * geometry.voxel_volume_mm3(case.image.dhw_to_ras),
        }  # fmt: skip
        luck = np.random.default_rng([list(USERS).index(user), *case.name.encode()])  # the same for every method
        session = {"answered_by": answered_by, **_session(case, method, user, luck)}
        content["sessions"].setdefault(user, {})[method] = session
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(self.path, json.dumps(content))
        return session


def rows_that_hold(folder: Path, begun_by: Collection[str], answered_by: str | None) -> list[dict[str, Any]]:
    """Return what is kept in a folder, without what other models than these have begun or answered.

    Args:
        folder: Of rows.
        begun_by: What may have made the mask to begin with.
        answered_by: SHA-256 of the network whose sessions count; None takes none of a network.
    """
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    held = [row for row in rows if row["begun_by"] in begun_by]
    for row in held:
        for sessions in row["sessions"].values():
            if "network" in sessions and sessions["network"]["answered_by"] != answered_by:
                del sessions["network"]
    return held


def _session(case: Case, method: str, user: str, luck: np.random.Generator) -> dict[str, Any]:
    """Return the scores after 0 to 6 interactions, and what a click for nothing changes at the end."""
    affine, voxel = case.image.dhw_to_ras, geometry.voxel_volume_mm3(case.image.dhw_to_ras)
    mask, said, seconds = case.start, list[Interaction](), list[float]()
    scores = [_scores(case, mask)]
    for _ in range(CLICKS if method != "none" else 0):
        interaction = next_interaction(mask, case.truth, affine, luck, USERS[user])
        if interaction is None:
            break
        said.append(interaction)
        begun = time.process_time()
        mask = after_click(case, method, mask, said)
        seconds.append(time.process_time() - begun)
        scores.append(_scores(case, mask))
    session: dict[str, Any] = {name: [each[name] for each in scores] for name in scores[0]}
    session |= {"cpu_s": seconds, "no_op_mm3": []}
    nothing = no_op(mask, case.truth, affine, luck) if method != "none" else None
    if nothing is not None:
        after = after_click(case, method, mask, [*said, nothing])
        session["no_op_mm3"] = [float((after != mask).sum()) * voxel]
    return session


def _scores(case: Case, mask: Mask) -> dict[str, float | None]:
    spacing = case.image.spacing_dhw_mm
    boundary = average_symmetric_surface_distance_mm(mask, case.truth, spacing) if mask.any() else None
    volume = float(mask.sum()) * geometry.voxel_volume_mm3(case.image.dhw_to_ras)
    return {"dice": dice(mask, case.truth), "assd_mm": boundary, "volume_mm3": volume}
