"""The door to DICOM output: what is missing is said in one sentence, and highdicom imported only to write."""

from importlib.util import find_spec
from pathlib import Path

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.reporting.dicom.stand_ins import check_link
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.dicom_link import DicomLink


def check_dicom(link: DicomLink | None) -> DicomLink:
    """See that DICOM objects can be written, as far as that is known before anything is segmented.

    Args:
        link: The series they belong to; None for a scan that was not read from DICOM.

    Raises:
        UsageError: If they cannot, with the reason.
    """
    if link is None:
        msg = (
            "DICOM objects belong to a DICOM series, and no scan was read from one; give the DICOM folder, or leave "
            "the DICOM formats out"
        )
        raise UsageError(msg)
    if find_spec("highdicom") is None:
        msg = (
            "DICOM objects are written by highdicom, which is not installed here: pip install highdicom, or use "
            "Slicer 5.12 or later, which brings it along"
        )
        raise UsageError(msg)
    check_link(link)
    return link


def write_dicom_seg(path: Path, content: ReportContent) -> None:
    """Write the labelmap as a segmentation object.

    Raises:
        EmptyMaskError: If the labelmap holds nothing.
        GeometryError: If the labelmap does not have the voxels of the series.
        UsageError: As for `check_dicom`.
    """
    link = check_dicom(content.dicom)
    from VSSegmentationLib.reporting.dicom.seg import write_segmentation_object  # noqa: PLC0415 - needs highdicom

    write_segmentation_object(path, content.labelmap, make_report(content), link, content.task)


def write_dicom_rtstruct(path: Path, content: ReportContent) -> None:
    """Write the labelmap as contours of a structure set.

    Raises:
        EmptyMaskError: If the labelmap holds nothing.
        GeometryError: If the labelmap does not have the voxels of the series.
        UsageError: As for `check_dicom`.
    """
    link = check_dicom(content.dicom)
    from VSSegmentationLib.reporting.dicom.rtstruct import write_structure_set  # noqa: PLC0415 - needs highdicom

    write_structure_set(path, content.labelmap, make_report(content), link, content.task)


def write_dicom_sr(path: Path, segmentation_path: Path, content: ReportContent, *, in_space: bool = True) -> None:
    """Write the measurements as a structured report.

    Args:
        path: The file to write.
        segmentation_path: What `write_dicom_seg` wrote for the same content.
        content: What is told.
        in_space: Whether it is a Comprehensive 3D SR; without, it is a Comprehensive SR, which older archives know.

    Raises:
        UsageError: As for `check_dicom`.
    """
    link = check_dicom(content.dicom)
    from VSSegmentationLib.reporting.dicom.sr import write_structured_report  # noqa: PLC0415 - needs highdicom

    report = make_report(content)
    write_structured_report(path, segmentation_path, report, link, content.task, in_space=in_space)


def write_dicom_pdf(path: Path, content: ReportContent) -> None:
    """Write the report as a PDF in a DICOM object.

    Raises:
        UsageError: As for `check_dicom`, or if WeasyPrint cannot be used here.
    """
    link = check_dicom(content.dicom)
    from VSSegmentationLib.reporting.dicom.pdf import write_encapsulated_pdf  # noqa: PLC0415 - needs highdicom

    write_encapsulated_pdf(path, content, link)


def write_dicom_key_image(path: Path, content: ReportContent) -> None:
    """Write the key image as a Secondary Capture.

    Raises:
        EmptyMaskError: If there is no tumor.
        UsageError: As for `check_dicom`.
    """
    link = check_dicom(content.dicom)
    from VSSegmentationLib.reporting.dicom.key_image import write_key_image  # noqa: PLC0415 - needs highdicom

    write_key_image(path, content, link)
