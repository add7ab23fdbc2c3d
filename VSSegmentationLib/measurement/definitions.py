"""What is measured: ids with region, name, how it is taken and whose definition it is; made into measurements here."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.label_set import Code
from VSSegmentationLib.measurement.value import Measurement, Uncertainty

WHOLE = "whole"
"""Region of the measures of the whole tumor, of any kind."""


class Definition(NamedTuple):
    """One measure."""

    region: str
    name: str
    unit: str
    method: str
    source: str
    concept: Code | None = None
    """What it is in public codes; None where there is none that says it."""
    method_code: Code | None = None
    """How it is taken in public codes; None where there is none."""
    is_size: bool = True
    """Whether it grows with the tumor; the distance to something else does not."""
    side: Literal["right", "left"] | None = None
    """Of the patient, for a measure of one of a pair of organs; None for one of the tumor."""


class Line(NamedTuple):
    """Where a linear measure lies."""

    end_points_ras_mm: tuple[Triplet, Triplet]
    slice_axis: int | None = None
    slice_index: int | None = None


class Definitions(Mapping[str, Definition]):
    """All measures of one kind of tumor by their ids, in the order in which people see them."""

    def __init__(self, definitions: Mapping[str, Definition], *, version: str, namespace: str) -> None:
        """Take the definitions.

        Args:
            definitions: By id.
            version: Goes up whenever a definition changes so that numbers change.
            namespace: What tells these ids from those of other kinds of tumor for good.
        """
        self._definitions = dict(definitions)
        self.version = version
        self.namespace = namespace

    def __getitem__(self, measurement_id: str) -> Definition:
        return self._definitions[measurement_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)

    def method_id(self, measurement_id: str) -> str:
        """Return what names the definition of a measurement for good."""
        return f"{self.namespace}/{self.version}/{measurement_id}"

    def measured(
        self,
        measurement_id: str,
        value: float,
        *,
        note: str = "",
        line: Line | None = None,
        extra: Mapping[str, float] | None = None,
        uncertainty: Uncertainty | None = None,
    ) -> Measurement:
        """Return a measurement that has a value; `note` is added to the method of its definition."""
        definition = self[measurement_id]
        return Measurement(
            id=measurement_id,
            region=definition.region,
            name=definition.name,
            value=value,
            unit=definition.unit,
            method=f"{definition.method}; {note}" if note else definition.method,
            end_points_ras_mm=line.end_points_ras_mm if line else None,
            slice_axis=line.slice_axis if line else None,
            slice_index=line.slice_index if line else None,
            extra=extra or {},
            uncertainty=uncertainty,
            is_size=definition.is_size,
        )

    def unmeasured(self, measurement_id: str, reason: str, extra: Mapping[str, float] | None = None) -> Measurement:
        """Return a measurement without a value, and why."""
        definition = self[measurement_id]
        return Measurement(
            id=measurement_id,
            region=definition.region,
            name=definition.name,
            value=None,
            unit=definition.unit,
            method=definition.method,
            reason=reason,
            extra=extra or {},
            is_size=definition.is_size,
        )
