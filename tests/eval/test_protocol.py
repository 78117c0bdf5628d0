from __future__ import annotations

from dataclasses import fields, replace

import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.protocol import ABOUT, PROTOCOLS, Protocol, RandomTestSets, Rerank


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_named_protocol_keeps_its_name_whatever_distance_reranking_and_number_of_draws(name):
    protocol = PROTOCOLS[name]
    draws = protocol.draws and replace(protocol.draws, repeats=3, seed=5)
    assert replace(protocol, distance="euclidean", rerank=Rerank(), draws=draws).name == name
    assert ABOUT[name]


def test_another_rule_makes_a_protocol_custom():
    assert Protocol(cmc_over="all").name == "custom"
    assert Protocol(draws=RandomTestSets(people_share=0.3)).name == "custom"


def test_every_switch_is_printed():
    printed = set(Protocol().to_json())
    assert {field.name for field in fields(Protocol)} - {"own_image_left_out"} <= printed
    assert {"name", "own_image", "junk", "distractors", "ties"} <= printed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Protocol(average_precision="circles"), "average_precision is rectangles or trapezoids"),
        (lambda: Protocol(cmc_over="none"), "cmc_over is valid or all, not 'none'"),
        (lambda: RandomTestSets(people_share=0), "people_share must lie above 0"),
        (lambda: RandomTestSets(repeats=0), "repeats must be at least 1, not 0"),
        (lambda: RandomTestSets(seed=-1), "seed must be at least 0, not -1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
