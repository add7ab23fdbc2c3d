"""Adaptation: from labeled images of one kind of scan to a network for another, of which no labels are there."""
