"""What stands in the place of key image and headline where no tumor is marked."""

from VSSegmentationLib.reporting.growth.words import capitalized
from VSSegmentationLib.reporting.html.template import NOTHING, Html, fill, joined, trusted
from VSSegmentationLib.reporting.pictures.canals import CanalPictures
from VSSegmentationLib.reporting.pictures.key_image import Picture
from VSSegmentationLib.reporting.report.no_tumor import NO_EVIDENCE, uncertain, uncertain_sentence
from VSSegmentationLib.reporting.report.report import Report

_NO_PICTURE = "There is no key image, because no tumor is marked and no canal was located in the scan."


def no_tumor_section(report: Report, pictures: CanalPictures | None) -> Html:
    """Return both canals side by side, what came nearest to a tumor, and that none found is no proof."""
    if report.model is None:
        return fill('<p class="no-image">There is no key image, because no tumor is marked.</p>\n')
    missing = NOTHING if report.findings.endswith(NO_EVIDENCE) else fill("<p><b>${words}</b></p>", words=NO_EVIDENCE)
    return joined((missing, _pictures(pictures), _uncertain(report)))


def _pictures(pictures: CanalPictures | None) -> Html:
    if pictures is None:
        return fill(f'<p class="no-image">{_NO_PICTURE}</p>\n')
    return fill(
        '<section class="canals"><h2>The canals that were looked at</h2><div class="tiles">${figures}</div>'
        "</section>\n",
        figures=joined(_figure(each) for each in (*pictures.canals, *pictures.uncertain)),
    )


def _uncertain(report: Report) -> Html:
    told = [uncertain_sentence(each).removeprefix("Uncertain: ") for each in uncertain(report.candidates)]
    if not told:
        return NOTHING
    return fill(
        '<section class="uncertain"><h2>Uncertain</h2>${told}<p>${what} shown for a person to look at, and stands '
        "neither in the labelmap nor in any measurement.</p></section>\n",
        what="This is" if len(told) == 1 else "Each is",
        told=joined(fill("<p>${sentence}</p>", sentence=capitalized(sentence)) for sentence in told),
    )


def _figure(picture: Picture) -> Html:
    return fill(
        "<figure>${svg}<figcaption><b>${title}.</b> ${text}</figcaption></figure>",
        svg=trusted(picture.svg),
        title=picture.title,
        text=picture.text,
    )
