"""The heads that nothing is trained on: the frozen stress set and the experiments' test sets are drawn from them."""

STRESS_HEADS = tuple(f"training_seg_{number}.nii.gz" for number in range(13, 21))
"""8 of the 20 head label maps. A recipe for new weights must not name one under `training`."""
