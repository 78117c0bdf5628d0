import json

from ..runs import invoke, pretrain_words


def test_a_dry_run_says_what_the_run_needs_and_leaves_nothing(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--dry-run"]
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert plan["steps"] == 12
    assert plan["step_flops"] > 1e6
    assert plan["parameters"] > 1e6
    assert plan["gpus"]["8"]["hours"] < plan["gpus"]["1"]["hours"]
    assert not (tmp_path / "run").exists()


def test_a_dry_run_of_many_parts_counts_all_images_of_a_step(people, recipes, tmp_path):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--dry-run"]
    whole, parts = (
        json.loads(invoke(*words, "--set", f"engine.accumulate={parts}").stdout) for parts in (1, 2)
    )
    assert parts["images_per_step"] == whole["images_per_step"] == 8
    # Captions of a part are padded to its longest one, so that FLOPs differ a little.
    assert abs(parts["step_flops"] / whole["step_flops"] - 1) < 0.05
    assert parts["optimizer_state_gb"] == whole["optimizer_state_gb"]
