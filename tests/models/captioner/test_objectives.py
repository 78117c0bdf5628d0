from __future__ import annotations

import copy
import json

import pytest
import torch

from vtbr_models.captioner import captioner as captioner_module
from vtbr_models.captioner.captioner import Captioner
from vtbr_models.captioner.objectives import OBJECTIVES, read_objectives
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.errors import InputError

TOKENS = torch.tensor([[1, 7, 8, 9, 2, 0, 0], [1, 6, 2, 0, 0, 0, 0], [1, 5, 6, 7, 8, 9, 2]])
ATTRIBUTES = torch.tensor([[1, 0], [-1, 2], [0, -1]])
IDENTITIES = torch.tensor([0, 2, -1])
TEXTUAL = {"name": "L2_H32_A2_F64", "vocabulary_size": 15, "max_tokens": 8, "dropout": 0.0}
ALL = {
    "bicaptioning": {"weight": 2.0},
    "masked_lm": {"weight": 0.5},
    "token_classification": {"weight": 1.0, "vocabulary_size": 15},
    "attribute_classification": {
        "weight": 1.0,
        "vocabulary": {"colour": ["blue", "red", "white"], "bag": [False, True]},
    },
    "identity_classification": {"weight": 0.25, "num_classes": 4},
    "contrastive": {"weight": 1.0, "width": 16},
}


def architecture(objectives=None, **textual):
    return {
        "model": "captioner",
        "visual": {"name": "resnet10"},
        "textual": {**TEXTUAL, **textual},
        "objectives": objectives or ALL,
    }


def liven(model: Captioner) -> Captioner:
    """Larger weights than at the start of training, so that tokens matter."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            parameter.data *= 5
        elif name.endswith(("bn2.weight", "output_bias")):
            torch.nn.init.normal_(parameter)
    return model.eval()


@pytest.fixture(scope="module")
def everything():
    torch.manual_seed(0)
    return liven(build_model(architecture()))


@pytest.fixture(scope="module")
def images():
    return torch.randn(3, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def losses_of(model, images, rows=slice(None)):
    return model(images[rows], TOKENS[rows], attributes=ATTRIBUTES[rows], identities=IDENTITIES[rows])


def test_all_objectives_learn_in_one_run_and_the_loss_is_their_weighted_sum(everything, images):
    losses = losses_of(everything, images)
    names = [name for objective in ALL for name in OBJECTIVES[objective].losses]
    assert list(losses) == ["loss", *names]
    weights = {name: ALL[objective]["weight"] for objective in ALL for name in OBJECTIVES[objective].losses}
    expected = sum(weights[name] * losses[name] for name in names)
    torch.testing.assert_close(losses["loss"], expected)
    everything.zero_grad()
    losses["loss"].backward()
    silent = [name for name, p in everything.named_parameters() if p.requires_grad and p.grad is None]
    assert silent == []


def test_a_description_comes_back_and_builds_the_same_tensors(everything):
    stored = json.loads(json.dumps(everything.architecture, sort_keys=True))
    again = build_model(stored)
    assert again.architecture == everything.architecture
    assert {k: v.shape for k, v in again.state_dict().items()} == {
        k: v.shape for k, v in everything.state_dict().items()
    }


def test_what_a_batch_must_hold_is_told_before_training(everything, images):
    assert everything.needs == ("tokens", "attributes", "identities")
    only = build_model(
        {"model": "captioner", "visual": {"name": "resnet10"},
         "objectives": {"identity_classification": {"num_classes": 3}}}
    )  # fmt: skip
    assert only.needs == ("identities",)
    assert not only.writes
    assert not hasattr(only, "textual")
    with pytest.raises(ValueError, match="this model learns from identities: identities are missing"):
        only(images)


@pytest.mark.parametrize(
    "loss",
    ["forward_loss", "backward_loss", "masked_lm_loss", "token_classification_loss",
     "attribute_classification_loss", "identity_classification_loss"],
)  # fmt: skip
def test_a_batch_has_the_loss_of_its_images_one_by_one(everything, images, loss, monkeypatch):
    def every_second_word(tokens, vocabulary_size, *, is_training):
        is_chosen = (tokens >= 5) & (torch.arange(tokens.shape[1]) % 2 == 1)
        return tokens.where(~is_chosen, 3), is_chosen

    monkeypatch.setattr(captioner_module, "mask_words", every_second_word)
    counts = {
        "forward_loss": (TOKENS != 0).sum(dim=1) - 1,
        "backward_loss": (TOKENS != 0).sum(dim=1) - 1,
        "masked_lm_loss": every_second_word(TOKENS, 15, is_training=False)[1].sum(dim=1),
        "token_classification_loss": torch.ones(3),
        "attribute_classification_loss": (ATTRIBUTES >= 0).sum(dim=1),
        "identity_classification_loss": (IDENTITIES >= 0).int(),
    }[loss]
    alone = torch.stack([losses_of(everything, images, slice(row, row + 1))[loss] for row in range(3)])
    together = losses_of(everything, images)[loss]
    torch.testing.assert_close(together, (alone * counts).sum() / counts.sum())


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("backward", [False, True])
def test_no_decoder_of_either_norm_sees_what_it_predicts(images, norm, backward):
    torch.manual_seed(0)
    model = liven(build_model(architecture({"bicaptioning": {}}, norm=norm)))
    caption = TOKENS[2:]
    memory = model.memory(images[:1]).detach()
    order = captioner_module.reverse(caption) if backward else caption
    for position in range(1, 7):
        embedded = model.textual.embedding(order[:, :-1]).detach().requires_grad_()
        decoder = model.textual.backward_decoder if backward else model.textual.forward_decoder
        scores = model.textual.scores(decoder(embedded, memory))[0, position - 1]
        (-scores.log_softmax(dim=0)[order[0, position]]).backward()
        reached = embedded.grad.abs().sum(dim=2)[0] > 0
        assert reached.tolist() == [index < position for index in range(6)]


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_gaps_are_filled_and_texts_encoded_by_seeing_all_tokens_and_no_padding(images, norm):
    torch.manual_seed(0)
    model = liven(build_model(architecture({"masked_lm": {}, "contrastive": {}}, norm=norm)))
    textual, memory = model.textual, model.memory(images).detach()
    embedded = textual.embedding(TOKENS).detach().requires_grad_()
    mask = (TOKENS != 0)[:, None, None]
    for read in (textual.masked_decoder(embedded, memory, mask=mask), textual.encoder(embedded, mask=mask)):
        (gradient,) = torch.autograd.grad(read[:, 1].square().sum(), embedded)
        assert torch.equal(gradient.abs().sum(dim=2) > 0, TOKENS != 0)
    longer = torch.nn.functional.pad(TOKENS, (0, 1))
    torch.testing.assert_close(textual.encode(longer), textual.encode(TOKENS))
    torch.testing.assert_close(textual.fill(memory, longer)[:, :7], textual.fill(memory, TOKENS))


def test_pre_norm_captions_grow_by_a_cache_as_they_are_read_whole(images):
    torch.manual_seed(0)
    model = liven(build_model(architecture({"captioning": {}}, norm="pre")))
    memory = model.memory(images)
    caches = model.textual.start(memory, 7)
    steps = [
        model.textual.scores(model.textual.step(TOKENS[:, place, None], torch.tensor([place]), caches))
        for place in range(7)
    ]
    is_token = TOKENS != 0
    torch.testing.assert_close(torch.cat(steps, 1)[is_token], model.logits(memory, TOKENS)[is_token])


def test_gaps_in_training_are_a_function_of_the_seed(images):
    model = build_model(architecture({"masked_lm": {}})).train()
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(model(images.repeat(8, 1, 1, 1), TOKENS.repeat(8, 1))["loss"].item())
    assert found[0] == found[1] != found[2]


def test_gaps_in_evaluation_are_always_the_same_and_take_no_random_numbers(images):
    model = build_model(architecture({"masked_lm": {}})).eval()
    before = torch.get_rng_state()
    assert model(images, TOKENS)["loss"].item() == model(images, TOKENS)["loss"].item()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_few_steps_of_everything_lower_every_loss(images):
    torch.manual_seed(0)
    model = build_model(architecture()).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    history = []
    for _ in range(6):
        torch.manual_seed(5)
        losses = losses_of(model, images)
        history.append({name: loss.item() for name, loss in losses.items()})
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    assert all(history[-1][name] < history[0][name] for name in history[0])


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        ({}, "must be an object with at least one of bicaptioning"),
        ({"captions": {}}, "has the unknown 'captions': known are bicaptioning, captioning"),
        ({"captioning": {}, "bicaptioning": {}}, "bicaptioning includes captioning: leave one out"),
        ({"captioning": 1.0}, "architecture.objectives.captioning must be an object, not 1.0"),
        ({"captioning": {"weight": 0}}, "weight must be a number above 0, not 0"),
        ({"captioning": {"heft": 1}}, "has the unknown key 'heft': known are weight"),
        ({"identity_classification": {}}, "identity_classification has no num_classes: say it"),
        ({"attribute_classification": {}}, "attribute_classification has no vocabulary: say it"),
        ({"contrastive": {"width": 0}}, "contrastive.width must be a whole number above 0, not 0"),
    ],
)
def test_objectives_that_cannot_be_are_refused(objectives, message):
    with pytest.raises(InputError, match=message):
        read_objectives(objectives)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objectives": {"token_classification": {"vocabulary_size": 9}, "captioning": {}}},
         r"of token_classification \(9\) must be that of textual \(15\)"),
        ({"objectives": {"identity_classification": {"num_classes": 2}}},
         "identity_classification has no use for textual: leave it out"),
        ({"textual": None}, "architecture.textual must be an object, not None"),
    ],
)  # fmt: skip
def test_objectives_that_do_not_fit_their_textual_head_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        build_model({**architecture(), **change})


def test_a_model_without_a_common_space_says_so(captioner, images):
    for encode in (lambda: captioner.encode_image(images), lambda: captioner.encode_text(TOKENS)):
        with pytest.raises(InputError, match="train one with the objective contrastive"):
            encode()


@pytest.mark.gpu
def test_the_gpu_gives_the_losses_of_the_cpu(everything, images):
    expected = losses_of(everything, images)
    found = copy.deepcopy(everything).cuda()(
        images.cuda(), TOKENS.cuda(), attributes=ATTRIBUTES.cuda(), identities=IDENTITIES.cuda()
    )
    for name, loss in expected.items():
        torch.testing.assert_close(found[name].cpu(), loss, rtol=1e-2, atol=1e-2, msg=name)  # TF32
