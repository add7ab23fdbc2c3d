"""How often the learning rate fell because validation did not get better: what a formula of the step cannot tell.

It is part of the checkpoint, so that a run that goes on has the rates that it would have had.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plateau:
    """Where a run stands on its way to the next reduction; each validation makes a new one."""

    best: float | None = None
    """Of the validations that count, of the value that the best weights are chosen by."""
    waited: int = 0
    """Validations since."""
    reductions: int = 0

    def after(self, value: float, patience: int) -> "Plateau":
        """Return it after one more validation, as `torch.optim.lr_scheduler.ReduceLROnPlateau` counts.

        Args:
            value: What was measured; larger is better, equal is not.
            patience: So many validations may go by without a better value; the next one reduces, and counting begins
                anew.
        """
        if self.best is None or value > self.best:
            return replace(self, best=value, waited=0)
        if self.waited < patience:
            return replace(self, waited=self.waited + 1)
        return replace(self, waited=0, reductions=self.reductions + 1)
