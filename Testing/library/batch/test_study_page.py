"""The page of a study in a real browser."""

import json
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from Testing.support.study_pages import browser, made_up_journal, made_up_rows, needs_browser, write_made_up_page
from VSSegmentationLib.batch.study.page import page_html
from VSSegmentationLib.batch.study.rows import StudyRow

pytestmark = needs_browser
COUNT = 5000


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("page")
    path = write_made_up_page(folder, COUNT)
    with browser(folder) as driver:
        driver.get(path.as_uri())
        yield driver


@pytest.fixture(autouse=True)
def as_opened(page):
    page.refresh()


def rows(page) -> list:
    return page.find_elements("css selector", "#body [role=row]")


def cases(page) -> list[str]:
    return page.execute_script(
        "return [...document.querySelectorAll('#body [role=row]')].map(r => r.children[1].textContent)"
    )


def chosen(page) -> dict[str, str]:
    """The row that is chosen, read at once: scrolling draws rows anew while a test looks at one."""
    return page.execute_script(
        "const row = document.querySelector('[aria-selected=true]');"
        "return { id: row.id, index: row.getAttribute('aria-rowindex'), text: row.innerText }"
    )


def press(page, key: str):
    page.find_element("id", "grid").send_keys(getattr(Keys, key, key))


def click_head(page, name: str):
    page.find_element("xpath", f"//div[@id='head']//button[text()='{name}']").click()


def test_of_5000_cases_only_those_in_sight_are_elements_and_all_are_counted_for_a_screen_reader(page):
    assert page.find_element("id", "grid").get_attribute("aria-rowcount") == str(COUNT + 1)
    drawn = rows(page)
    assert 5 < len(drawn) < 60
    assert [each.get_attribute("aria-rowindex") for each in drawn[:3]] == ["2", "3", "4"]
    assert all(len(each.find_elements("css selector", "[role=gridcell]")) == 12 for each in drawn[:2])
    assert "5000 of 5000 cases ended: 4950 done, 50 refused, 0 set aside" in page.find_element("id", "counts").text


def test_a_click_on_a_head_sorts_by_numbers_with_the_largest_first_and_what_is_not_known_last(page):
    expected = sorted((r for r in made_up_rows(COUNT) if r.volume_cm3 is not None), key=lambda r: -r.volume_cm3)
    click_head(page, "Volume, cm³")
    assert cases(page)[:5] == [row.case for row in expected[:5]]
    assert page.find_elements("css selector", "#head [aria-sort=descending]")[0].text == "Volume, cm³"
    press(page, "END")
    assert chosen(page)["text"].strip().split("\n")[0].endswith("99")
    click_head(page, "Volume, cm³")
    press(page, "HOME")
    assert cases(page)[0] == expected[-1].case


def test_keys_choose_cases_from_the_first_to_the_last_and_tell_which_one_is_chosen(page):
    press(page, "END")
    grid = page.find_element("id", "grid")
    assert chosen(page)["index"] == str(COUNT + 1)
    assert grid.get_attribute("aria-activedescendant") == chosen(page)["id"]
    press(page, "ARROW_UP")
    assert chosen(page)["index"] == str(COUNT)
    assert "case-04998" in page.find_element("id", "detail").text


def test_enter_opens_the_report_of_the_chosen_case(page):
    press(page, "HOME")
    link = page.find_element("css selector", "#detail a").get_attribute("href")
    assert link.endswith("cases/case-00000/report.html")
    press(page, "ENTER")
    assert page.execute_script("return location.href") == link or "ERR_FILE_NOT_FOUND" in page.page_source
    page.back()


def test_filters_leave_what_fits_and_figures_follow(page):
    page.find_element("id", "find").send_keys("case-0001")
    assert page.find_element("id", "shown").text == "10 of 5000 cases shown"
    assert page.find_element("css selector", "#figures svg").get_attribute("aria-label").startswith("Volume: 10 cases")
    page.find_element("css selector", "#side option[value=left]").click()
    assert page.find_element("id", "shown").text == "5 of 5000 cases shown"
    assert cases(page) == [f"case-0001{digit}" for digit in (0, 2, 4, 6, 8)]


def test_the_worklist_begins_with_the_weightiest_reason(page):
    page.find_element("id", "first").click()
    assert cases(page)[0] == "case-00099"
    first = page.execute_script("return document.querySelector('#body [role=row]').lastElementChild.textContent")
    assert first == "Refused: The scan is cut off."


def test_the_chosen_case_shows_how_the_tumor_of_its_patient_grew(page):
    press(page, "HOME")
    curve = page.find_element("css selector", "#detail svg")
    assert curve.get_attribute("role") == "img"
    assert curve.get_attribute("aria-label") == "Volume over time: day 0: 0.500 cm³, day 365: 1.000 cm³"
    x0, y0, x1, y1 = page.execute_script(
        "return document.querySelector('#detail polyline').getAttribute('points').split(/[ ,]/).map(Number)"
    )
    assert x1 > x0
    assert (100 - y1) == pytest.approx(2 * (100 - y0))  # a volume twice as large stands twice as high


def test_what_a_file_says_is_never_taken_for_html(tmp_path: Path):
    attack = "</script><img src=x onerror=\"document.title='taken'\">"
    row = StudyRow(case="case-1", status="done", findings=attack, warnings=(attack,), volume_cm3=1.0)
    (tmp_path / "study.html").write_text(page_html(tmp_path, [row], made_up_journal([])), encoding="utf-8")
    with browser(tmp_path) as driver:
        driver.get((tmp_path / "study.html").as_uri())
        press(driver, "HOME")
        assert attack in driver.find_element("id", "detail").text
        assert driver.title == "Study"
        held = json.loads(driver.execute_script("return document.getElementById('data').textContent"))
    assert held["rows"][0]["told"] == [attack]
