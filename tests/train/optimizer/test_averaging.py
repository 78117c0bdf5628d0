import torch

from vtbr_train.optimizer.averaging import Ema, Lookahead


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


def test_the_average_follows_the_weights_and_lends_itself_to_the_model():
    model = torch.nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    ema = Ema(model, decay=0.5)
    model.weight.data.fill_(1.0)
    ema.after(10)  # past the first steps the decay is the configured one: (1 + 10) / (10 + 10) > 0.5
    with ema.in_place():
        assert model.weight.item() == 0.5
    assert model.weight.item() == 1.0


def test_the_first_steps_average_over_few():
    model = torch.nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    ema = Ema(model, decay=0.999)
    model.weight.data.fill_(1.0)
    ema.after(1)
    assert ema.average["weight"].item() == torch.tensor(1 - 2 / 11).item()


def test_a_restored_average_continues_alike():
    model = torch.nn.BatchNorm1d(2)
    ema = Ema(model, decay=0.9)
    model(torch.randn(4, 2))
    ema.after(3)
    other = Ema(torch.nn.BatchNorm1d(2), decay=0.9)
    other.load_state_dict({name: tensor.clone() for name, tensor in ema.state_dict().items()})
    assert all(torch.equal(other.average[name], tensor) for name, tensor in ema.average.items())
