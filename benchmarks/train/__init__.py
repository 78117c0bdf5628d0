"""Speed of vtbr-train: against its floor, against the published recipe written plainly, beside other programs."""

SUITES = dict.fromkeys(("resnet50", "pretrain", "finetune"), "floor") | {
    "published": "against_published",
    "threads": "threads",
}
DEFAULT = [name for name in SUITES if name != "threads"]
