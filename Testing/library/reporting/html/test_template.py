import pytest

from VSSegmentationLib.reporting.html.template import Html, fill, joined, shipped, trusted


def test_text_is_escaped_and_html_is_not():
    text = fill("<p>${a}${b}</p>", a="<&\"'>", b=fill("<i>${c}</i>", c="<"))
    assert text == "<p>&lt;&amp;&quot;&#x27;&gt;<i>&lt;</i></p>"
    assert isinstance(text, Html)


def test_what_is_filled_in_is_not_looked_at_again():
    assert fill("${a}", a="${b}") == "${b}"
    assert fill("${a}", a=r"\1 \g<0>") == r"\1 \g&lt;0&gt;"


def test_attribute_cannot_be_left_by_a_quote():
    assert fill('<td class="${kind}">', kind='x" onclick="evil') == '<td class="x&quot; onclick=&quot;evil">'


def test_field_without_a_value_is_a_mistake():
    with pytest.raises(KeyError, match="missing"):
        fill("${missing}")


def test_pieces_are_joined_and_words_of_html_change_to_text_again():
    assert joined(fill("<li>${n}</li>", n=n) for n in (1, 2)) == "<li>1</li><li>2</li>"
    assert fill("${a}", a=trusted("<b>") + "<i>") == "&lt;b&gt;&lt;i&gt;"  # a sum is no longer known to be safe


def test_template_and_stylesheet_lie_beside_the_code():
    assert "${body}" in shipped("report.html")
    assert "@page" in shipped("report.css")
