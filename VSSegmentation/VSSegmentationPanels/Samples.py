"""The sample: two examinations of one synthetic head, in the Sample Data module. They come with the extension."""

from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.models import EMBEDDED_FOLDER

SAMPLE_NAMES = ("VSSegmentationSample1", "VSSegmentationSample2")
_FILES = ("exam1_t2.nii.gz", "exam2_t2.nii.gz")
_CHECKSUMS = (
    "SHA256:fb069c2625ed4ca60dab9c5134dd2b6e5aa7f32caedcf5d73896ab689daa5da1",
    "SHA256:5a47e91796f181440b0bb260d084a011c1b417ac619b984ae011712aae2f9038",
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
