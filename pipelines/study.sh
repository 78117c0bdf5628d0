#!/usr/bin/env bash
# The study, top to bottom: does caption pretraining help Re-ID, and by how much?
#     pipelines/study.sh            1.7 hours on two cores      pipelines/study.sh --quick     10 minutes
# Needs the four packages; `nox -s study` does the same in an environment of its own. Stop it with Ctrl-C whenever
# you like, and start it again to go on. VIPeR takes part where VTBR_REAL_DATA holds a folder `viper`.
set -euo pipefail
cd "$(dirname "$0")/.."

# 1. What will be run, and for how long. The arms are the table in pipelines/study_plan.py.
python pipelines/study.py study --dry-run "$@"

# 2. Run it. Each arm at each seed is this chain, one thread each, with the settings of pipelines/study_jobs.py:
#      vtbr-data draw data/source; vtbr-data draw data/target --style target
#      vtbr-data caption data/source/manifest.jsonl --style orders | vtbr-data select - --fraction 0.71 > source.jsonl
#      vtbr-train pretrain source.jsonl --tokenizer tokenizer.json ... -o pretrained
#      vtbr-models caption pretrained/model.safetensors held-out.jsonl | vtbr-eval captions - --reference held-out.jsonl
#      vtbr-train finetune data/target/manifest.jsonl --init pretrained/model.safetensors ... -o finetuned
#      vtbr-models extract finetuned/model.safetensors data/target/manifest.jsonl | vtbr-eval reid - --per-query ...
#    Each run's folder holds its settings.yaml and log.jsonl; what commands said stands in FOLDER.log.
python pipelines/study.py study "$@"

# 3. Intervals, tests, figures and pages again from study/results.jsonl alone; docs/study.md is the whole study's.
if [ $# = 0 ]; then set -- --docs docs; else set --; fi
python pipelines/study_page.py study/results.jsonl "$@"
