from VSSegmentationLib.cohort.markup import latex_text, markdown_text, to_latex, to_markdown
from VSSegmentationLib.cohort.tables import Table

TABLE = Table("Title", ("Structure", "Method", "Dice"), (("Whole", "nn_U|Net", "0.9 ± 0.1"), ("Part", "50%", "–")))


def test_markdown_has_a_header_a_rule_and_as_many_cells_in_every_row():
    lines = to_markdown(TABLE).splitlines()
    assert lines[0] == "## Title"
    assert lines[2:4] == ["| Structure | Method | Dice |", "|---|---|---|"]
    assert lines[4] == r"| Whole | nn\_U\|Net | 0.9 ± 0.1 |"


def test_latex_needs_no_package_and_sets_its_special_signs():
    text = to_latex(TABLE, ("p < 0.05",))
    assert r"Whole & nn\_U|Net & 0.9 $\pm$ 0.1 \\" in text
    assert r"Part & 50\% & -- \\" in text
    assert r"\caption{Title. p $<$ 0.05}" in text
    assert r"\begin{tabular}{llr}" in text
    assert r"\usepackage" not in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_what_was_typed_is_never_markup():
    assert latex_text(r"\input{/etc/passwd} & $x^2_3$ ~#") == (
        r"\textbackslash{}input\{/etc/passwd\} \& \$x\textasciicircum{}2\_3\$ \textasciitilde{}\#"
    )
    assert markdown_text("<script>[a](b) `c` *d*") == r"\<script\>\[a\](b) \`c\` \*d\*"
    assert "\n" not in latex_text("a\nb") + markdown_text("a\nb")
