"""The options of caption pretraining one by one, as a table: what each is worth against the published recipe."""

from __future__ import annotations

from dataclasses import asdict

from . import sentences as say
from .analysis import PUBLISHED, TRANSFERS, Difference, Study
from .attributes import Unlabelled, means
from .report import READING, Report, counted
from .sections import Part

ABOUT = (
    "Each row changes one thing of the published recipe (bicaptioning), on people that the study does not show. "
    "Points are hundredths of mAP against it; an option is ahead or behind by the rule below. Rows that use labels "
    "are for comparison."
)


def ablations_written(study: Study, unlabelled: Unlabelled) -> Report:
    """Returns the table and what it was made of."""
    against = {
        transfer: {
            one.a: one
            for one in study.differences(
                [(arm, PUBLISHED) for arm in study.arms if arm != PUBLISHED], transfer
            )
        }
        for transfer in study.transfers
    }
    size = study.about["size"]
    made = (
        f"A {size['backbone']} at {size['height']} x {size['width']}, {size['steps']} steps of {size['batch_size']} on "
        f"{size['people']:,} people in {size['views']} pictures each; {counted(size['seeds'], 'seed')}; tested on "
        f"{size['target_people'] - size['target_people'] // 2} other people of the rendered surveillance domain."
    )
    parts: list[Part] = [
        ("text", ABOUT),
        ("text", made),
        ("table", table(study, against, unlabelled)),
        ("text", READING),
        ("heading", "Repeat it"),
        ("code", ["nox -s study -- --ablations"]),
    ]
    differences = [one for by_arm in against.values() for one in by_arm.values()]
    return Report(
        title="Options of caption pretraining, one by one",
        parts=parts,
        analysis={"differences": [{**asdict(one), "verdict": one.verdict} for one in differences]},
    )


def table(study: Study, against: dict[str, dict[str, Difference]], unlabelled: Unlabelled) -> list[list[str]]:
    """Return a row an arm: mAP and its difference after each transfer, text search, attributes read."""
    head = ["arm", "learns from"]
    for transfer in study.transfers:
        head += [f"{TRANSFERS.get(transfer, transfer)}: mAP", "against bicaptioning"]
    rows = [[*head, "R@1 of captions", "attributes read"]]
    for arm, facts in study.arms.items():
        row = [arm, facts["about"]]
        for transfer in study.transfers:
            has = study.has(arm, transfer)
            row.append(say.percent(study.score(arm, transfer).mean["mAP"]) if has else "")
            row.append(say.cell(against[transfer].get(arm)))
        search, reading = unlabelled.search.get(arm), unlabelled.reading.get(arm)
        row.append(say.percent(search["R@1"]) if search else "")
        row.append(
            say.percent(means([{"all": share} for share in reading.values()])["all"]) if reading else ""
        )
        rows.append(row)
    return rows
