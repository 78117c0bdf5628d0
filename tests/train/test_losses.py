import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vtbr_train.losses import Centres, batch_hard_triplet_loss, identity_loss


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
