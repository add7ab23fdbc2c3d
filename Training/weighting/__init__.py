"""Training what tells the weighting of a scan from its image; see `VSSegmentationLib.inference.weighting`."""
