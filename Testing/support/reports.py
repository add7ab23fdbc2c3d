"""What reports are made from: ordinary and odd cases."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np

from Testing.support.growth_cases import facts
from Testing.support.phantoms import box, ice_cream, labeled, oblique
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, choose_headline, measure
from VSSegmentationLib.measurement.growth import Examination, Treatment, TreatmentKind, compare
from VSSegmentationLib.reporting import ModelFacts, Provenance, ReportContent, Review
from VSSegmentationLib.volume import Volume

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECKED = Review(mask_checked=True, boundary_checked=True, line_checked=True, at_utc=NOON)
MODEL = ModelFacts(name="default_t2", version="1", sha256="ab" * 32, modality="T2")
BY_MODEL = Provenance(created_utc=NOON, model=MODEL, device="cpu", run={"seconds": {"segmenting": 1.5}})
_VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Sees that every element is closed in its turn, and keeps what was found."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def content_of(labelmap: Volume, **changes) -> ReportContent:
    noise = np.random.default_rng(1).normal(size=labelmap.shape).astype(np.float32)
    values = {
        "image": labelmap.with_array(noise),
        "labelmap": labelmap,
        "measurements": measure(labelmap),
        "findings": "A tumor was found.",
        "provenance": BY_MODEL,
        "created_at_utc": NOON,
    }
    return ReportContent(**{**values, **changes})


def no_tumor() -> Volume:
    labelmap = ice_cream((1.0, 1.0, 1.0))
    return labelmap.with_array(np.zeros_like(labelmap.array))


LONG = "a word of a warning that goes on and on " * 40 + "x" * 300

CASES = {
    "two parts": lambda: content_of(ice_cream((1.5, 0.4, 0.4))),
    "not divided": lambda: content_of(labeled(box((3, 9, 9)), (1, 1, 1), Label.UNDIVIDED_TUMOR)),
    "one voxel": lambda: content_of(labeled(box((1, 1, 1)), (1, 1, 1))),
    "tilted": lambda: content_of(oblique(ice_cream((1.0, 1.0, 1.0)), 40.0)),
    "no scan": lambda: content_of(ice_cream((1.0, 1.0, 1.0)), image=None),
    "constant scan": lambda: content_of(
        ice_cream((1.0, 1.0, 1.0)), image=no_tumor().with_array(np.ones((30, 44, 44), np.float32))
    ),
    "long words": lambda: content_of(
        ice_cream((1.0, 1.0, 1.0)), warnings=(LONG, "short") * 4, case="c" * 120, findings=LONG
    ),
    "no tumor": lambda: content_of(no_tumor(), findings="No tumor was found."),
}


def grown_report(*, radiosurgery_days: int | None = None) -> ReportContent:
    """12.9 mm and 1.0 cm3 a year before 14.8 mm and 1.23 cm3: the golden values of growth."""
    labelmap = ice_cream((1.5, 0.4, 0.4))
    measured = {m.id: m for m in measure(labelmap)}

    def with_values(mm: float, cm3: float) -> tuple[Measurement, ...]:
        changed = {"em_max_axial": mm, "vol_total": cm3, "vol_em": cm3 - 0.2, "vol_im": 0.2}
        return tuple(replace(m, value=changed.get(id_, m.value)) for id_, m in measured.items())

    then, now = with_values(12.9, 1.0), with_values(14.8, 1.23)
    baseline = choose_headline(then)
    growth = compare(
        [
            Examination(days=0, measurements=then, headline=baseline, facts=facts()),
            Examination(days=365, measurements=now, headline=choose_headline(now, locked=baseline), facts=facts()),
        ],
        treatments=[] if radiosurgery_days is None else [Treatment(TreatmentKind.RADIOSURGERY, radiosurgery_days)],
    )
    return content_of(labelmap, measurements=now, growth=growth, side="left", days_from_baseline=365)
