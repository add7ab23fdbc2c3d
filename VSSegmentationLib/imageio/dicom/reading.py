"""A DICOM folder or file goes in, one image stack comes out: the only usable one, or the one the user chose."""

from collections import Counter
from pathlib import Path

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio.checks import MAX_SHEAR_DEG
from VSSegmentationLib.imageio.dicom.series import (
    FolderContent,
    ImageStack,
    checked_layout,
    files_below,
    search,
    shape_of,
    spacing_of,
)
from VSSegmentationLib.imageio.dicom.stack import StackLayout
from VSSegmentationLib.imageio.dicom.voxels import read_voxels
from VSSegmentationLib.imageio.dicom_source import DicomSource, SourceSlice
from VSSegmentationLib.imageio.modality import modality_of
from VSSegmentationLib.imageio.resampling import to_regular_slices, to_right_angles
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE, ScanRules
from VSSegmentationLib.imageio.scan import LoadedImage, SeriesSummary
from VSSegmentationLib.imageio.weighting import header_evidence
from VSSegmentationLib.volume import Volume

_MOST_REASONS, _LONGEST_REASONS = 3, 210


def list_series(folder: Path, rules: ScanRules = CEREBELLOPONTINE_ANGLE) -> tuple[SeriesSummary, ...]:
    """Return every image stack of a folder and its subfolders, usable or not, in a stable order.

    A series that holds several stacks (a localizer in three planes, two echoes) is listed once for each.

    Raises:
        InputRefusedError: If the folder holds no DICOM image at all.
        UsageError: If there is no such folder.
    """
    if not folder.exists():
        msg = "there is no such file or folder; check the path given"
        raise UsageError(msg)
    content = search(files_below(folder) if folder.is_dir() else [folder])
    _check_any(content)
    return tuple(_summary(number, stack, rules) for number, stack in enumerate(content.stacks, 1))


def load_folder(folder: Path, *, series: int | None, accept_resampling: bool, rules: ScanRules) -> LoadedImage:
    """Read the chosen stack of a folder, or the only one that fits.

    Raises:
        InputRefusedError: If none fits, or the chosen one does not.
        UsageError: If several fit and none was chosen, or the number chosen is not in the list.
    """
    content = search(files_below(folder))
    _check_any(content)
    return _load(_chosen(content.stacks, series, rules), content, rules, accept_resampling=accept_resampling)


def load_series_of_file(path: Path, *, accept_resampling: bool, rules: ScanRules) -> LoadedImage:
    """Read the stack that a DICOM file belongs to, from the folder it lies in.

    Raises:
        InputRefusedError: If the file is no image, or its stack is not usable.
    """
    own = search([path])
    _check_any(own)
    first = own.stacks[0].first
    if first.frames_in_file > 1:
        return _load(_chosen(own.stacks, None, rules), own, rules, accept_resampling=accept_resampling)
    content = search(sorted(other for other in path.parent.iterdir() if other.is_file()))
    stack = next(s for s in content.stacks if any(h.sop_uid == first.sop_uid for h in s.headers))
    return _load(stack, content, rules, accept_resampling=accept_resampling)


def _check_any(content: FolderContent) -> None:
    if content.stacks:
        return
    if content.damaged:
        msg = f"No image was found: {_files(content.damaged)} could not be read (damaged or truncated); copy them again"
        raise InputRefusedError(msg)
    kinds = Counter({kind: count for kind, count in content.strangers.items() if kind})
    found = ", ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items()))
    other = content.strangers[""]
    came = " and ".join(part for part in (found, f"{_files(other)} that are not DICOM" if other else "") if part)
    or_file = ", or the NIfTI, NRRD or MetaImage file itself" if other else ""
    msg = f"No DICOM image was found, only {came or 'an empty folder'}; give the folder of the MR series{or_file}"
    raise InputRefusedError(msg)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _reason(stack: ImageStack, rules: ScanRules, *, accept_resampling: bool) -> str:
    try:
        checked_layout(stack, rules, accept_resampling=accept_resampling)
    except InputRefusedError as refusal:
        return str(refusal)
    return ""


def _summary(number: int, stack: ImageStack, rules: ScanRules) -> SeriesSummary:
    reason = _reason(stack, rules, accept_resampling=False)
    return SeriesSummary(
        number=number,
        description=stack.first.description,
        modality=str(modality_of(stack.first.acquisition))
        if stack.first.modality == "MR"
        else stack.first.modality[:16],
        shape_dhw=shape_of(stack),
        spacing_dhw_mm=spacing_of(stack),
        usable=not reason,
        reason=reason,
    )


def _chosen(stacks: tuple[ImageStack, ...], series: int | None, rules: ScanRules) -> ImageStack:
    if series is not None:
        if not 1 <= series <= len(stacks):
            msg = f"there is no series {series}; choose one of:\n{_listed(stacks, rules)}"
            raise UsageError(msg)
        return stacks[series - 1]
    # One that only needs a resampling counts too: passing it over for another series would be a choice of ours.
    fitting = [stack for stack in stacks if not _reason(stack, rules, accept_resampling=True)]
    if len(fitting) > 1:
        msg = f"several series fit; choose one by its number:\n{_listed(stacks, rules)}"
        raise UsageError(msg)
    if not fitting and len(stacks) > 1:
        told = stacks[:_MOST_REASONS]
        each = _LONGEST_REASONS // len(told)
        reasons = "; ".join(
            f"({n}) {shortened(_reason(s, rules, accept_resampling=True), each)}" for n, s in enumerate(told, 1)
        )
        more = f"; and {len(stacks) - len(told)} more" if len(stacks) > len(told) else ""
        msg = f"None of the {len(stacks)} series is usable: {reasons}{more}"
        raise InputRefusedError(msg)
    return fitting[0] if fitting else stacks[0]


def _listed(stacks: tuple[ImageStack, ...], rules: ScanRules) -> str:
    lines = []
    for summary in (_summary(number, stack, rules) for number, stack in enumerate(stacks, 1)):
        d, h, w = summary.shape_dhw
        spacing = " x ".join(f"{s:.2f}" for s in reversed(summary.spacing_dhw_mm))
        unusable = "" if summary.usable else "  (not usable as it is)"
        text = (
            f"  {summary.number}  {summary.modality:8} {w} x {h} x {d}, {spacing} mm  {summary.description}{unusable}"
        )
        lines.append(text)
    return "\n".join(lines)


def _load(stack: ImageStack, content: FolderContent, rules: ScanRules, *, accept_resampling: bool) -> LoadedImage:
    layout = checked_layout(stack, rules, accept_resampling=accept_resampling)
    volume, resampled = _mended(layout)
    warnings = resampled
    if content.damaged:
        warnings += (f"{_files(content.damaged)} beside the series could not be read (damaged or truncated).",)
    return LoadedImage(
        volume=volume,
        file_format="Enhanced DICOM" if stack.first.enhanced else "DICOM",
        warnings=warnings,
        modality=modality_of(stack.first.acquisition),
        told=(header_evidence(stack.first.acquisition),),
        slice_thickness_mm=stack.first.thickness_mm,
        series_uid=stack.first.series_uid or None,
        dicom_source=_source_of(layout, resampled=bool(resampled)),
    )


def _source_of(layout: StackLayout, *, resampled: bool) -> DicomSource:
    frames_of_reference = {header.frame_of_reference_uid for header in layout.headers}
    return DicomSource(
        slices=tuple(SourceSlice(header.path, header.frame) for header in layout.headers),
        shape=layout.shape,
        dhw_to_ras=layout.dhw_to_ras,
        frame_of_reference_uid=frames_of_reference.pop() if len(frames_of_reference) == 1 else "",
        resampled=resampled,
    )


def _mended(layout: StackLayout) -> tuple[Volume, tuple[str, ...]]:
    voxels = read_voxels(layout)
    warnings: tuple[str, ...] = ()
    if layout.irregular:
        voxels = to_regular_slices(voxels, layout.distances_mm, layout.step_mm)
        done = f"The scan was resampled onto slices {layout.step_mm:.2f} mm apart, as accepted"
        warnings += (f"{done}: its slices {layout.irregular}.",)
    volume = Volume(voxels, layout.dhw_to_ras)
    shear = geometry.shear_deg(volume.dhw_to_ras)
    if shear > MAX_SHEAR_DEG:
        volume = to_right_angles(volume)
        warnings += (
            f"The scan was resampled onto right angles, as accepted: its axes were sheared by {shear:.1f} degrees.",
        )
    return volume, warnings
