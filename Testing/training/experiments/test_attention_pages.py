"""The first paper's pages, on results that are made up."""

import json
from pathlib import Path

import numpy as np

from Testing.training.experiments.made_up import CASES, MEANS, made_up
from Training.__main__ import main
from Training.experiments import StudyOptions
from Training.experiments.attention import EXPERIMENTS, write_report
from Training.experiments.attention.figures import ASSD
from Training.experiments.claims import DICE
from Training.experiments.results import read_results
from Training.experiments.stored import unit_file, write_down_claims


def test_the_page_holds_the_table_beside_the_published_values_and_a_verdict_for_every_claim(tmp_path: Path):
    kept = made_up(tmp_path / "results", MEANS)
    page = write_report(EXPERIMENTS["table1"], kept, tmp_path / "page", StudyOptions())
    text = page.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| 3D U-Net |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1].startswith("82.")  # 0.75, and 0.01 times the mean of the skull bases' numbers, 0 to 15
    assert cells[5] == "10 (10 to 10)", "one case of 5000 % does not move a median"
    assert cells[-3:] == ["83.61 ± 13.69", "0.84 ± 0.62", "18.01 ± 17.48"]
    verdicts = text.split("## What held")[1].split("## Again")[0]
    assert (
        "p is corrected for the 4 claims of this page (Holm), which were written down before the first run" in verdicts
    )
    lines = {line.split(":")[0].removeprefix("- "): line for line in verdicts.splitlines() if line.startswith("- ")}
    assert list(lines) == [claim.text for claim in EXPERIMENTS["table1"].claims]
    assert all("after 4,000 steps, p " in line and "Detectable: " in line for line in lines.values())
    assert all("(32 cases, 16 skull bases, 8 heads, 3 seeds)" in line for line in lines.values())
    assert "**held**." in lines["3D beats 2D"]
    assert "**did not hold**: the contrary is seen" in lines["2.5D beats 3D"]
    assert "**not resolved**" in lines["attention helps"]
    assert "**held**." in lines["supervision of the attention helps"]
    assert "![Dice of the validation against steps, of every arm](table1_curves.png)" in text
    assert "Dice still rose by +0.0 points" in text
    assert (page.parent / "table1_curves.png").stat().st_size > 5000
    assert "--page-only" in text
    assert "synthetic" in text


def test_one_training_of_each_says_so(tmp_path: Path):
    kept = made_up(tmp_path / "results", MEANS, seeds=1)
    text = write_report(EXPERIMENTS["table1"], kept, tmp_path, StudyOptions()).read_text(encoding="utf-8")
    assert "**held**, in one training of each: another may show the contrary" in text


def test_a_curve_is_drawn_against_lambda_and_arms_may_have_more_seeds(tmp_path: Path):
    kept = made_up(tmp_path / "results", {arm.name: 0.7 + 0.02 * arm.hardness for arm in EXPERIMENTS["figure4"].arms})
    made_up(kept, {"spvpa": 0.7, "spvpa_h40": 0.708}, seeds=5)
    text = write_report(EXPERIMENTS["figure4"], kept, tmp_path / "page", StudyOptions()).read_text(encoding="utf-8")
    assert "3 to 5 seeds" in text
    assert "8 heads, 5 seeds)" in next(line for line in text.splitlines() if "0.4 beats none" in line)
    assert "**did not hold**" in next(line for line in text.splitlines() if "0.6 beats 0.8" in line)
    assert (tmp_path / "page" / "figure4.png").stat().st_size > 5000


def test_the_page_is_made_from_kept_results_alone_by_the_command(tmp_path: Path, capsys):
    kept = made_up(tmp_path / "kept" / "attention_cross_entropy", MEANS, cross_entropy_weight=1.0)
    write_down_claims(EXPERIMENTS["table1"].claims, "table1_cross_entropy", kept)
    command = ["experiment", "table1_cross_entropy", "--page-only", "--results", str(tmp_path / "kept")]
    assert main([*command, "--report", str(tmp_path / "page")]) == 0
    text = (tmp_path / "page" / "table1_cross_entropy.md").read_text(encoding="utf-8")
    assert text.startswith(
        "# Networks (the paper's Table 1), all trained with the Dice loss; with cross-entropy in all arms"
    )
    assert "cross-entropy in all arms beside the loss of the paper" in text
    assert "wrote table1_cross_entropy.md" in capsys.readouterr().out
    assert main(["experiment", "table2", "--page-only", "--results", str(tmp_path / "kept")]) == 2
    assert "the results have no claims_table2.json" in capsys.readouterr().err
    write_down_claims(EXPERIMENTS["table1"].claims[1:], "table2", tmp_path / "kept" / "attention")
    assert main(["experiment", "table2", "--page-only", "--results", str(tmp_path / "kept")]) == 2
    assert "the claims of table2 are others than those written before its runs" in capsys.readouterr().err


def test_cases_that_a_seed_missed_are_left_out_of_the_distance(tmp_path: Path):
    made_up(tmp_path, {"pa": 0.7})
    file = unit_file(tmp_path, "pa", 1)
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cases"]["assd_mm"][4], content["cases"]["dice"][4] = None, 0.0
    file.write_text(json.dumps(content), encoding="utf-8")
    arm = next(arm for arm in EXPERIMENTS["table1"].arms if arm.name == "pa")
    results = read_results((arm,), tmp_path)["pa"]
    assert int(np.isnan(results.values(ASSD)).sum()) == 1
    assert len(results.by_case(ASSD)) == len(CASES["head"]) - 1
    assert len(results.by_case(DICE)) == len(CASES["head"])
