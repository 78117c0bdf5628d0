#!/usr/bin/env bash
# The whole protocol at real size: pretrain a ResNet-50 on FineGPR-C's captions, as published, by the best caption recipe
# and on what they say of attributes, and on its identities and its attributes; fine-tune each for Re-ID on Market-1501,
# DukeMTMC-reID, CUHK03-NP and MSMT17, the best captions also while they go on being learnt (joint), beside ImageNet's
# weights and none; three seeds each, scored with and without re-ranking. Prints a table beside the published figures.
# docs/paper.md says what it costs; pipelines/study has the same arms at small size.
#
#   FINEGPR=/data/FineGPR MARKET1501=/data/Market-1501 DUKEMTMC=/data/DukeMTMC-reID CUHK03=/data/cuhk03-np \
#     MSMT17=/data/MSMT17 IMAGENET=/data/resnet50.pth pipelines/paper/run.sh paper-run
#
# It may be stopped at any time (Ctrl-C, a killed job) and started again: what is finished is not done again, and a
# training that was stopped goes on. Delete a file of the folder to make it again.
set -euo pipefail

WORK=${1:-paper-run}                    # where everything goes
GPUS=${GPUS:-8}                         # pretraining uses all of them; fine-tunings run side by side, one on each
SEEDS=${SEEDS:-0 1 2}
ARMS=${ARMS:-scratch imagenet identity attribute bicaptioning captions captions-read joint}
SETS=${SETS:-market1501 dukemtmc cuhk03-detected msmt17}     # cuhk03-labeled can be added
FINETUNE_RECIPE=${FINETUNE_RECIPE:-bag-of-tricks}
PRETRAIN_SETTINGS=${PRETRAIN_SETTINGS:-}                     # further settings: "steps=100000 data.workers=8"
FINETUNE_SETTINGS=${FINETUNE_SETTINGS:-}
JOINT_SETTINGS=${JOINT_SETTINGS:-joint.weight=0.5 joint.objectives.bicaptioning=0 joint.objectives.captioning=1 joint.objectives.contrastive=1 joint.objectives.token_classification=1 joint.objectives.rare_words=true joint.text.max_tokens=40}
CHECK=${CHECK:-yes}                     # no: don't hold the sets against their published counts

say() { printf '%s\n' "$*" >&2; }
stop() { say "Error: $*"; exit 1; }

# ---- Is everything there? -------------------------------------------------------------------------------------------

folder_of() { # SET: the variable that names its folder, and that folder
  case $1 in
    market1501) echo MARKET1501 "${MARKET1501:-}" ;;
    dukemtmc) echo DUKEMTMC "${DUKEMTMC:-}" ;;
    cuhk03-detected) echo CUHK03 "${CUHK03:+$CUHK03/detected}" ;;
    cuhk03-labeled) echo CUHK03 "${CUHK03:+$CUHK03/labeled}" ;;
    msmt17) echo MSMT17 "${MSMT17:-}" ;;
    *) stop "no set is called $1: choose market1501, dukemtmc, cuhk03-detected, cuhk03-labeled, msmt17" ;;
  esac
}

need() { # KIND VARIABLE PATH WHAT: a folder (-d) or a file (-f)
  [ -n "$3" ] || stop "$2 is not set: it names $4 (type $2=PATH $0 $WORK)"
  test "$1" "$3" || stop "$2=$3 is not there: it must be $4"
}

for command in vtbr-data vtbr-train vtbr-models vtbr-eval; do
  command -v "$command" > /dev/null || stop "$command is not installed: pip install packages/vtbr-*"
done
for seed in $SEEDS; do
  [[ $seed =~ ^[0-9]+$ ]] || stop "SEEDS must be whole numbers, not $seed"
done
[[ $GPUS =~ ^[1-9][0-9]*$ ]] || stop "GPUS must be at least 1, not $GPUS"
for set in $SETS; do
  found=$(folder_of "$set")
  need -d "${found%% *}" "${found#* }" "the folder of $set"
done
recipe_of() { # ARM: how its backbone is pretrained
  case $1 in
    identity) echo vtbr-identity ;;
    attribute) echo vtbr-attribute ;;
    bicaptioning) echo vtbr ;;
    captions) echo vtbr-plus ;;
    captions-read) echo vtbr-read ;;
  esac
}

pretrained=""                           # the arms that are pretrained here; joint continues from captions
for arm in $ARMS; do
  case $arm in
    scratch) ;;
    imagenet) need -f IMAGENET "${IMAGENET:-}" "torchvision's ResNet-50 weights, a .pth or .safetensors file" ;;
    identity | attribute | bicaptioning | captions | captions-read | joint)
      [ "$arm" = joint ] && arm=captions
      [[ " $pretrained " == *" $arm "* ]] || pretrained+=" $arm"
      need -d FINEGPR "${FINEGPR:-}" "the folder of FineGPR"
      [ -z "${FINEGPR_C:-}" ] || need -f FINEGPR_C "$FINEGPR_C" "the file of FineGPR-C's captions"
      ;;
    *) stop "no arm is called $arm: choose scratch, imagenet, identity, attribute, bicaptioning, captions, captions-read, joint" ;;
  esac
done
mkdir -p "$WORK"

step() { # FILE COMMAND...: make FILE, unless it is there, from what COMMAND prints
  local file=$1
  shift
  [ -e "$file" ] && return
  say "\$ $* > $file"
  "$@" > "$file.partial"
  mv "$file.partial" "$file"
}

settings() { # KEY=VALUE...: as options
  local setting
  for setting in "$@"; do printf '%s\n' --set "$setting"; done
}

# ---- The data: manifests, captions, a tokenizer ---------------------------------------------------------------------

for set in $SETS; do
  found=$(folder_of "$set")
  step "$WORK/$set.jsonl" vtbr-data index "$set" "${found#* }" --root "$WORK"
  if [ "$CHECK" = yes ]; then
    step "$WORK/$set.check.json" vtbr-data check "$WORK/$set.jsonl" --dataset "$set"
  fi
done

if [ -n "$pretrained" ]; then
  if [ -n "${FINEGPR_C:-}" ]; then
    step "$WORK/finegpr.jsonl" vtbr-data index finegpr "$FINEGPR" --captions "$FINEGPR_C" --root "$WORK"
  else # the captions are made as FineGPR-C's were: from the attributes, in three orders
    step "$WORK/finegpr-uncaptioned.jsonl" vtbr-data index finegpr "$FINEGPR" --root "$WORK"
    step "$WORK/finegpr.jsonl" vtbr-data caption "$WORK/finegpr-uncaptioned.jsonl" --style orders --max-words 32
  fi
  step "$WORK/tokenizer.json" vtbr-data tokenizer train "$WORK/finegpr.jsonl"
fi

# ---- Pretraining: once a seed, on all GPUs --------------------------------------------------------------------------

train=(vtbr-train)
[ "$GPUS" = 1 ] || train=(torchrun --nproc-per-node "$GPUS" -m vtbr_train)

for seed in $SEEDS; do
  for arm in $pretrained; do
    # shellcheck disable=SC2046,SC2086  # settings are words
    step "$WORK/$arm-$seed.json" "${train[@]}" pretrain "$WORK/finegpr.jsonl" --tokenizer "$WORK/tokenizer.json" \
      --recipe "$(recipe_of "$arm")" --set seed="$seed" $(settings $PRETRAIN_SETTINGS) --resume -o "$WORK/$arm-$seed"
    rm -f "$WORK/$arm-$seed/state.safetensors" # finished: nothing goes on from it
  done
done
if [[ " $ARMS " == *" imagenet "* && ! -e $WORK/imagenet.safetensors ]]; then
  say "\$ vtbr-models convert $IMAGENET -o $WORK/imagenet.safetensors"
  vtbr-models convert "$IMAGENET" --from torchvision -o "$WORK/imagenet.safetensors"
fi

# ---- Fine-tuning, features, scores: each seed of each arm on each set, one run a GPU --------------------------------

run() { # SET ARM SEED
  local set=$1 arm=$2 seed=$3
  local name=$WORK/$set-$arm-$seed init=() rerank=(--rerank)
  case $arm in
    scratch) ;;
    imagenet) init=(--init "$WORK/imagenet.safetensors") ;;
    joint)
      # shellcheck disable=SC2046,SC2086  # settings are words
      init=(--init "$WORK/captions-$seed/model.safetensors" --captions "$WORK/finegpr.jsonl" $(settings $JOINT_SETTINGS))
      ;;
    *) init=(--init "$WORK/$arm-$seed/model.safetensors") ;;
  esac
  [[ $set == cuhk03-* ]] && rerank=(--rerank --k1 7 --k2 3) # as Zhong et al. (CVPR 2017) set them
  # shellcheck disable=SC2046,SC2086  # settings are words
  step "$name.json" vtbr-train finetune "$WORK/$set.jsonl" "${init[@]}" --recipe "$FINETUNE_RECIPE" \
    --set seed="$seed" $(settings $FINETUNE_SETTINGS) --resume -o "$name"
  rm -f "$name/state.safetensors"
  step "$name.features.safetensors" vtbr-models extract "$name/model.safetensors" "$WORK/$set.jsonl"
  step "$name.scores.json" vtbr-eval reid "$name.features.safetensors"
  step "$name.reranked.json" vtbr-eval reid "$name.features.safetensors" "${rerank[@]}"
}

run_on_slot() { # SLOT SET ARM SEED: on the SLOTth of the GPUs that this script may use
  local devices
  IFS=, read -ra devices <<< "${CUDA_VISIBLE_DEVICES:-$(seq -s, 0 $((GPUS - 1)))}"
  CUDA_VISIBLE_DEVICES=${devices[$1]} run "${@:2}"
}

export -f run run_on_slot step settings say
export WORK GPUS FINETUNE_RECIPE FINETUNE_SETTINGS JOINT_SETTINGS
# shellcheck disable=SC2016  # the inner bash expands its words
for seed in $SEEDS; do
  for set in $SETS; do
    for arm in $ARMS; do
      printf '%s %s %s\n' "$set" "$arm" "$seed"
    done
  done
done | xargs -P "$GPUS" --process-slot-var=SLOT -L 1 \
  bash -c 'set -euo pipefail; run_on_slot "$SLOT" "$@"' _

# ---- The table ------------------------------------------------------------------------------------------------------

python3 "$(dirname "$0")/table.py" "$WORK" > "$WORK/table.md.partial"
mv "$WORK/table.md.partial" "$WORK/table.md"
cat "$WORK/table.md"
