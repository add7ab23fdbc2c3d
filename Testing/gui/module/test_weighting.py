"""A scan whose weighting can't be told: the module asks under Case, and a result that is not reliable says so."""

DOUBT = "By the call the scan is T2, and its image looks like ceT1: the result cannot be relied on."


def test_the_module_asks_for_the_weighting_and_goes_on_once_it_is_said(widget, worker, hands, load_sample):
    node = load_sample(1)
    node.SetName("Head")
    case, segment = widget.casePanel.ui, widget.segmentPanel.ui
    case.modalityBox.currentIndex = 3  # not known
    assert not case.weightingLabel.visible
    worker.segment = "error 2 asks modality"
    hands.click(segment.segmentButton)
    hands.wait(lambda: bool(widget.session.weightingQuestion))
    assert case.weightingLabel.visible
    assert "can't be told" in case.weightingLabel.text
    assert not segment.segmentButton.enabled
    assert segment.segmentButton.toolTip == "Say the weighting of the scan under Case first."

    case.modalityBox.currentIndex = 1
    assert not case.weightingLabel.visible
    assert segment.segmentButton.enabled
    worker.segment = "result"
    hands.click(segment.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert [each["modality"] for each in worker.requests if each["do"] == "segment"] == ["unknown", "ceT1"]


def test_a_result_that_cannot_be_relied_on_has_no_headline(widget, worker, hands, load_sample):
    load_sample(1)
    worker.doubts = (DOUBT,)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)
    assert widget.session.numbers.headline.measurement_id is None
    assert widget.resultPanel.ui.headlineLabel.text == "No headline diameter"
    assert "cannot be relied on" in widget.resultPanel.ui.reasonLabel.text
