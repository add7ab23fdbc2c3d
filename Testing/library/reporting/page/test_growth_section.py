from Testing.support.phantoms import ice_cream
from Testing.support.reports import Page, content_of, grown_report
from VSSegmentationLib.reporting import report_html


def test_change_stands_with_days_percent_rate_and_limit_for_diameter_and_volumes():
    page = Page(report_html(grown_report()))
    text = page.text
    assert "Change since earlier examinations" in text
    for told in ("+0.230", "+23.0", "up by 20\u00a0% or more", "+1.9", "+14.7", "less than 2\u00a0mm"):
        assert told in text
    assert len([each for each in page.all("div") if each.get("class") == "curve"]) == 1


def test_one_earlier_examination_is_told_once_with_all_its_names():
    text = Page(report_html(grown_report())).text
    assert text.count("baseline, previous, nadir") == 4  # three volumes and the diameter


def test_growth_is_no_word_of_the_report_and_radiosurgery_changes_the_wording():
    plain = Page(report_html(grown_report())).text
    assert "growth" not in plain.lower()
    assert "radiosurgery" not in plain
    after = Page(report_html(grown_report(radiosurgery_days=100))).text
    assert "Change after radiosurgery; transient enlargement is common in this interval." in after


def test_without_an_earlier_examination_nothing_is_said_of_change():
    assert "earlier examinations" not in Page(report_html(content_of(ice_cream((1.0, 1.0, 1.0))))).text
