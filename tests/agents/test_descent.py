import pytest
import torch

from activevision.agents.descent import descend


@pytest.mark.parametrize("rising", [0.1, 0.3])
@pytest.mark.parametrize("steps", [1, 3, 4, 10, 20])
def test_any_number_of_steps_is_taken_at_no_more_than_the_rate(steps, rising):
    """Of 10 steps a tenth is one step, which is no time to rise in."""
    value = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([value], lr=0.1, momentum=0.9)
    rates = []

    def loss(step):
        rates.append(optimiser.param_groups[0]["lr"])
        return value.sum()

    descend(optimiser, 0.1, steps, loss, "Going down", rising)
    assert len(rates) == steps
    assert max(rates) <= 0.1 + 1e-9
    assert steps < 4 or max(rates) > 0.08
