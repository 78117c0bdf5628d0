"""Speed of vtbr-train: runs against their floor, and against the published recipe written plainly."""

SUITES = dict.fromkeys(("resnet50", "pretrain", "finetune"), "floor") | {"published": "against_published"}
DEFAULT = list(SUITES)
