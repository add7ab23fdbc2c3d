from Testing.support.cohorts import NOTHING, cohort, slab
from VSSegmentationLib.cohort.summary import SummaryOptions, presences, summarize
from VSSegmentationLib.cohort.tables import detail_table, paper_table, presence_table
from VSSegmentationLib.labels import WHOLE_TUMOR

WHOLE = (WHOLE_TUMOR,)
OPTIONS = SummaryOptions(resamples=200)
FIRST = cohort(slab(5), slab(6), slab(7), NOTHING, method="A")
SECOND = cohort(slab(6), slab(7), slab(8), NOTHING, method="B")
ROWS = summarize(FIRST, WHOLE, OPTIONS, SECOND) + summarize(SECOND, WHOLE, OPTIONS)


def cells(table, *start):
    (row,) = (row for row in table.rows if row[: len(start)] == start)
    return dict(zip(table.header, row, strict=True))


def test_the_paper_table_has_a_row_for_each_method_with_mean_and_deviation():
    found = cells(paper_table(ROWS), "Whole tumor", "A")
    assert (found["Cases"], found["Failures"]) == ("4", "1")
    assert found["Dice"] == "0.6750 ± 0.4573"  # of 1, 0.9, 0.8, 0
    assert found["RVE (%)"] == "25.00 ± 50.00"  # of 0, 0, 0 and 100 %
    assert found["ASSD (mm)"].startswith("8")  # the penalty of 350 mm over 4 cases


def test_a_star_marks_where_methods_differ_and_stands_with_the_first_method_alone():
    better = cohort(*[slab(5, 10 + k) for k in range(8)], references=[slab(5, 10 + k) for k in range(8)])
    worse = cohort(*[slab(6, 10 + k) for k in range(8)], references=[slab(5, 10 + k) for k in range(8)], method="B")
    table = paper_table(summarize(better, WHOLE, OPTIONS, worse) + summarize(worse, WHOLE, OPTIONS))
    assert cells(table, "Whole tumor", "A")["Dice"] == "1.0000 ± 0.0000 *"
    assert "*" not in cells(table, "Whole tumor", "B")["Dice"]


def test_the_detail_table_shows_what_a_mean_hides():
    found = cells(detail_table(ROWS), "Whole tumor", "HD95 (mm)", "A")
    assert (found["n"], found["Left out"], found["Failures"]) == ("4", "0", "1")
    assert found["Mean without failures"] == "1.500"
    assert found["Median [quartiles]"] == "2.250 [1.125 to 89.750]"
    assert found["p (pairs)"].endswith("(4)")
    assert cells(detail_table(ROWS), "Whole tumor", "HD95 (mm)", "B")["p (pairs)"] == "–"


def test_one_case_leaves_dashes_where_two_would_be_needed():
    table = detail_table(summarize(cohort(slab(6)), WHOLE, OPTIONS))
    found = cells(table, "Whole tumor", "Dice", "A")
    assert (found["Mean ± SD"], found["95 % CI of the mean"]) == ("0.9000 ± –", "–")


def test_the_presence_table_counts_cases_and_single_tumors():
    two_tumors = slab(2, 4).with_array(slab(2, 4).array | slab(15, 4).array)
    cases = cohort(slab(2, 4), NOTHING, references=[two_tumors, NOTHING])
    table = presence_table(presences(cases, WHOLE), [cases])
    assert cells(table, "Whole tumor", "A") == {
        "Structure": "Whole tumor", "Method": "A", "In both": "1", "Missed": "0", "Invented": "0", "In neither": "1",
    }  # fmt: skip
    assert cells(table, "Tumors, counted singly", "A")["Missed"] == "1"


def test_volumes_are_no_row_of_the_detail_table():
    assert not [row for row in detail_table(ROWS).rows if row[1].startswith("Volume")]
