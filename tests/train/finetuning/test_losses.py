import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vtbr_train.finetuning.losses import (
    Centres,
    IdentityLossConfig,
    IdentityLosses,
    batch_hard_triplet_loss,
    circle_loss,
    cosines,
    identity_loss,
    margin_logits,
    pairwise_distance,
    weighted_triplet_loss,
)


def test_label_smoothing_gives_each_wrong_class_an_equal_share():
    logits, classes = torch.randn(3, 5), torch.tensor([0, 3, 4])
    smoothed = torch.full((3, 5), 0.1 / 5) + 0.9 * torch.nn.functional.one_hot(classes, 5)
    expected = -(smoothed * logits.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(identity_loss(logits, classes, 0.1), expected)


@given(st.integers(0, 1000), st.sampled_from([0.3, None]))
def test_the_triplet_loss_equals_a_loop_over_anchors(seed, margin):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(8, 4, generator=generator, dtype=torch.float32)
    classes = torch.randint(0, 3, (8,), generator=generator)
    losses = []
    for anchor in range(8):
        distances = [math.dist(features[anchor].tolist(), other.tolist()) for other in features]
        positives = [distances[i] for i in range(8) if classes[i] == classes[anchor] and i != anchor]
        negatives = [distances[i] for i in range(8) if classes[i] != classes[anchor]]
        if positives and negatives:
            gap = max(positives) - min(negatives)
            losses.append(math.log1p(math.exp(gap)) if margin is None else max(0.0, gap + margin))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert batch_hard_triplet_loss(features, classes, margin).item() == pytest.approx(expected, abs=1e-3)


def test_identical_features_give_a_finite_gradient():
    features = torch.ones(4, 3, requires_grad=True)
    batch_hard_triplet_loss(features, torch.tensor([0, 0, 1, 1]), 0.3).backward()
    assert torch.isfinite(features.grad).all()


def test_a_batch_of_one_identity_has_no_triplets_and_no_loss():
    assert batch_hard_triplet_loss(torch.randn(4, 3), torch.zeros(4, dtype=torch.long), 0.3) == 0


def test_centres_are_pulled_towards_their_features():
    centres = Centres(2, 3)
    features, classes = torch.ones(4, 3), torch.tensor([0, 0, 1, 1])
    before = centres(features, classes)
    before.backward()
    with torch.no_grad():
        centres.weight -= 0.5 * centres.weight.grad
    assert centres(features, classes) < before


@given(st.integers(0, 1000))
def test_the_weighted_triplet_loss_equals_a_loop_over_anchors(seed):
    features, classes = drawn(seed)
    losses = []
    for anchor in range(8):
        distance = [math.dist(features[anchor].tolist(), other.tolist()) for other in features]
        positive = [distance[i] for i in range(8) if classes[i] == classes[anchor] and i != anchor]
        negative = [distance[i] for i in range(8) if classes[i] != classes[anchor]]
        if positive and negative:
            pull = sum(d * math.exp(d) for d in positive) / sum(map(math.exp, positive))
            push = sum(d * math.exp(-d) for d in negative) / sum(math.exp(-d) for d in negative)
            losses.append(math.log1p(math.exp(pull - push)))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert weighted_triplet_loss(features, classes).item() == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 1000))
def test_the_circle_loss_equals_its_formula(seed):
    features, classes = drawn(seed)
    margin, scale = 0.25, 8.0
    unit = torch.nn.functional.normalize(features.double())
    losses = []
    for anchor in range(8):
        pull = push = 0.0
        for other in range(8):
            similarity = float(unit[anchor] @ unit[other])
            if other == anchor:
                continue
            if classes[other] == classes[anchor]:
                weight = max(0.0, 1 + margin - similarity)
                pull += math.exp(-scale * weight * (similarity - (1 - margin)))
            else:
                weight = max(0.0, similarity + margin)
                push += math.exp(scale * weight * (similarity - margin))
        if pull and push:
            losses.append(math.log1p(pull * push))
    expected = sum(losses) / len(losses) if losses else 0.0
    found = circle_loss(features, classes, margin=margin, scale=scale).item()
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("arcface", math.cos(math.acos(0.6) + 0.3)), ("cosface", 0.6 - 0.3)],
)
def test_a_margin_makes_the_true_class_harder_and_leaves_the_others(kind, expected):
    cosine = torch.tensor([[0.6, -0.2]])
    logits = margin_logits(cosine, torch.tensor([0]), kind, 0.3)
    assert logits[0].tolist() == pytest.approx([expected, -0.2])


def test_arcface_keeps_falling_past_the_angle_where_it_would_turn():
    cosine = torch.linspace(-1, 1, 50)[:, None]
    logits = margin_logits(cosine, torch.zeros(50, dtype=torch.long), "arcface", 0.5)
    assert (logits[1:] > logits[:-1]).all()


def test_cosines_do_not_depend_on_lengths():
    features, weight = torch.randn(3, 4), torch.randn(5, 4)
    torch.testing.assert_close(cosines(features * 7, weight * 0.1), cosines(features, weight))


@pytest.mark.parametrize("identity", ["softmax", "arcface", "cosface", "none"])
@pytest.mark.parametrize("triplet", ["hard", "weighted", "none"])
def test_every_pair_of_losses_has_a_finite_gradient(identity, triplet):
    config = IdentityLossConfig(identity=identity, triplet=triplet, circle_weight=0.5)
    features = torch.randn(8, 4, requires_grad=True)
    weight = torch.randn(3, 4, requires_grad=True)
    losses = IdentityLosses(config, 3, 4)(features, features * 2, weight, torch.arange(8) % 3)
    losses["loss"].backward()
    assert torch.isfinite(features.grad).all()
    assert 0 <= losses["accuracy"] <= 1


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="all off: nothing to learn from"):
        IdentityLossConfig(identity="none", triplet="none")


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(8, 4, generator=generator)
    return features, torch.randint(0, 3, (8,), generator=generator)


@pytest.fixture
def near_people():
    """Features (64, 256) in float32 of 16 people, near one another as at the end of a training; classes."""
    generator = torch.Generator().manual_seed(0)
    classes = torch.arange(16).repeat_interleave(4)
    centres = 1 + 0.05 * torch.randn(16, 256, generator=generator)
    return centres[classes] + 0.005 * torch.randn(64, 256, generator=generator), classes


def test_under_autocast_distances_are_those_of_float64(near_people):
    features, classes = near_people
    right = torch.cdist(features.double(), features.double())
    with torch.autocast("cpu", torch.bfloat16):
        found = pairwise_distance(features)
    different = classes[:, None] != classes[None, :]
    torch.testing.assert_close(found[different].double(), right[different], rtol=1e-3, atol=1e-4)
    nearest = right.masked_fill(~different, torch.inf).argmin(dim=1)
    assert torch.equal(found.masked_fill(~different, torch.inf).argmin(dim=1), nearest)


@pytest.mark.parametrize("kind", ["hard", "weighted", "circle", "arcface", "cosface", "softmax"])
def test_under_autocast_losses_and_gradients_are_those_of_float32_and_near_float64(near_people, kind):
    features, classes = near_people
    config = IdentityLossConfig(
        identity=kind if kind in {"arcface", "cosface", "softmax"} else "none",
        triplet=kind if kind in {"hard", "weighted"} else "none",
        circle_weight=float(kind == "circle"),
    )
    torch.manual_seed(0)
    criterion, weight = IdentityLosses(config, 16, 256), torch.randn(16, 256)

    def loss_and_gradient(is_mixed, kind=torch.float32):
        given = features.to(kind).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
            loss = criterion(given, given, weight.to(kind), classes)["loss"]
        loss.backward()
        return loss.detach(), given.grad

    mixed, plain = loss_and_gradient(True), loss_and_gradient(False)
    assert torch.equal(mixed[0], plain[0])
    assert torch.equal(mixed[1], plain[1])
