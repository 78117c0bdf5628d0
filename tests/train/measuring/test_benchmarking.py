import json

import pytest

from ..runs import invoke


def test_a_benchmark_says_what_limits_a_run(people, recipes):
    words = ["benchmark", "pretrain", people / "manifest.jsonl", "--tokenizer", people / "tokenizer.json"]
    words += ["--recipe", recipes / "pretrain.yaml", "--steps", "2"]
    words += ["--set", "steps=1", "--set", "schedule.warmup=0"]  # a run may be shorter than its benchmark
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtbr_train.measuring.benchmarking._PEAK_SIZE", {"cpu": 64, "cuda": 64})
        result = invoke(*words)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["images_per_second"].keys() == {"floor", "step", "data", "end_to_end"}
    assert found["image_gflops"] > 0


@pytest.mark.parametrize("job", ["pretrain", "finetune"])
def test_a_benchmark_needs_no_pictures_of_ones_own(recipes, job):
    words = ["benchmark", job, "--synthetic", "--recipe", recipes / f"{job}.yaml", "--steps", "1"]
    words += ["--set", "model.max_tokens=48"] if job == "pretrain" else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtbr_train.measuring.benchmarking._PEAK_SIZE", {"cpu": 64, "cuda": 64})
        result = invoke(*words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["images_per_second"]["end_to_end"] > 0


def test_a_benchmark_reads_a_manifest_or_draws_but_not_both(people):
    result = invoke("benchmark", "pretrain", people / "manifest.jsonl", "--synthetic")
    assert result.exit_code == 1
    assert "MANIFEST or --synthetic, not both" in result.output
