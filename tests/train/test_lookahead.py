import torch
from vtbr_train.lookahead import Lookahead


def test_slow_weights_go_half_way_every_second_step():
    weight = torch.nn.Parameter(torch.zeros(2))
    lookahead = Lookahead([weight], interval_steps=2, alpha=0.5)
    for step in (1, 2):
        weight.data += 1
        lookahead.after(step)
    assert weight.tolist() == [1.0, 1.0]
    assert lookahead.state_dict()["slow"][0].tolist() == [1.0, 1.0]


def test_restored_slow_weights_continue_alike():
    def walk(lookahead, weight, steps):
        for step in steps:
            weight.data += step
            lookahead.after(step)

    one = torch.nn.Parameter(torch.zeros(3))
    first = Lookahead([one], interval_steps=3, alpha=0.5)
    walk(first, one, range(1, 5))
    saved = {"slow": [slow.clone() for slow in first.state_dict()["slow"]]}
    two = torch.nn.Parameter(one.detach().clone())
    second = Lookahead([two], interval_steps=3, alpha=0.5)
    second.load_state_dict(saved)
    walk(first, one, range(5, 10))
    walk(second, two, range(5, 10))
    assert torch.equal(one, two)
