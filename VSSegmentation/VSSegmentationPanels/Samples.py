"""The sample: two examinations of one synthetic head, in the Sample Data module. They come with the extension."""

from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.models import EMBEDDED_FOLDER

SAMPLE_NAMES = ("VSSegmentationSample1", "VSSegmentationSample2")
_FILES = ("exam1_t2.nii.gz", "exam2_t2.nii.gz")
_CHECKSUMS = (
    "SHA256:97fae4e26bba56521db0daad03c1e0b5d6a5108a8685e027b09463fd9f7896dc",
    "SHA256:3648292c7f0429ebc95e50c0e2626927d645274fd96bef188b5e7f70602be64f",
)
_CATEGORY = "VSSegmentation"


def registerSamples(thumbnail: str) -> None:
    """Add the two scans to the Sample Data module; the files are not read before somebody asks for them."""
    import SampleData  # noqa: PLC0415 -- a module of Slicer, which may be loaded after this one

    names = (_("Synthetic head, first examination"), _("Synthetic head, second examination"))
    for name, shown, file, checksum in zip(SAMPLE_NAMES, names, _FILES, _CHECKSUMS, strict=True):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=_CATEGORY,
            sampleName=name,
            thumbnailFileName=thumbnail,
            uris=(EMBEDDED_FOLDER / "sample" / file).as_uri(),
            fileNames=file,
            checksums=checksum,
            nodeNames=shown,
        )


def loadSample() -> Any:
    """Load the first examination of the sample and return its volume node."""
    path = EMBEDDED_FOLDER / "sample" / _FILES[0]
    return slicer.util.loadVolume(str(path), properties={"name": _("Synthetic head T2")})
