"""Models that others published: where they are, and how to know them. `models download` takes them in."""

from dataclasses import dataclass

from VSSegmentationLib.short_repr import short_repr


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A published model that this software can take in once the user has fetched it."""

    name: str
    """Its name once taken in."""
    title: str
    modality: str
    address: str
    archive: str
    """Name of the file to fetch."""
    archive_bytes: int | None
    archive_sha256: str | None
    """None: not known to us."""
    checkpoint: str | None
    """The weights inside the archive; None: the archive holds the folder of an nnU-Net v2 model."""
    checkpoint_sha256: str | None
    license: str
    citation: str
    trained_on: str

    __repr__ = short_repr

    @property
    def file_address(self) -> str:
        """Where the file itself is; `address` is the page of its record."""
        return f"https://zenodo.org/records/{self.address.rpartition('.')[2]}/files/{self.archive}"


_CITATION = "Shapey et al., Scientific Data 8:286, 2021, doi:10.1038/s41597-021-01064-w"
_TRAINED_ON = "176 scans of the TCIA collection Vestibular-Schwannoma-SEG (gamma knife planning)"
_ADDRESS = "https://doi.org/10.5281/zenodo.6323472"

PUBLISHED_MODELS: tuple[PublishedModel, ...] = (
    PublishedModel(
        name="vs_seg_t1",
        title="VS_Seg, contrast-enhanced T1",
        modality="ceT1",
        address=_ADDRESS,
        archive="UNet2d5_Att_Hard_T1_final.zip",
        archive_bytes=34_377_805,
        archive_sha256="b83619d9ee475c862a2038eda3ff81282c3c33104e22d714b6b7ab892e53a774",
        checkpoint="UNet2d5_Att_Hard_T1_final/model/best_metric_model.pth",
        checkpoint_sha256="14b77d2b5f6d2d83bb8ac036e7ab2ef64d2d9c8a03db2c065a2a71fdc63eb123",
        license="CC BY 4.0",
        citation=_CITATION,
        trained_on=_TRAINED_ON,
    ),
    PublishedModel(
        name="vs_seg_t2",
        title="VS_Seg, T2",
        modality="T2",
        address=_ADDRESS,
        archive="UNet2d5_Att_Hard_T2_final.zip",
        archive_bytes=None,
        archive_sha256=None,
        checkpoint="UNet2d5_Att_Hard_T2_final/model/best_metric_model.pth",
        checkpoint_sha256=None,
        license="CC BY 4.0",
        citation=_CITATION,
        trained_on=_TRAINED_ON,
    ),
    PublishedModel(
        name="mc_rc",
        title="Multi-center routine MRI (nnU-Net v2), T1, T2 and mixed in one archive",
        modality="T1 and T2",
        address="https://doi.org/10.5281/zenodo.10363647",
        archive="MC-RC+SC-GK-models.zip",
        archive_bytes=None,
        archive_sha256=None,
        checkpoint=None,
        checkpoint_sha256=None,
        license="not known here, and to be read on the page of the record before the model is used",
        citation="Kujawa et al., Frontiers in Computational Neuroscience 18:1365727, 2024, "
        "doi:10.3389/fncom.2024.1365727",
        trained_on="scans of the multi-center routine clinical collection (MC-RC) and of gamma knife planning (SC-GK)",
    ),
)
