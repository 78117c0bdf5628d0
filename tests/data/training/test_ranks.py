"""Two processes under gloo."""

import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from vtbr_data.manifest.manifest import write_manifest
from vtbr_data.manifest.row import Row
from vtbr_data.training import ShuffledBatches

READ = """
import json, sys
from torch import distributed
from vtbr_data.training import (
    IdentityImages, Plain, Samples, ShuffledBatches,
    identity_classes, load_batches, pictures_of, read_images
)
rank, folder = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
manifest = read_images(f"{folder}/manifest.jsonl")
samples = Samples(manifest.rows, pictures_of(manifest))
classes = identity_classes([row.identity for row in manifest.rows])
images = IdentityImages(samples, classes, Plain(height=16, width=8))
mine = slice(2 * rank, 2 * rank + 2)
order = [some.take(mine) for some in ShuffledBatches(12, 4, seed=5, first_step=1, last_step=3)]
seen = [batch.classes.tolist() for batch in load_batches(images, order, workers=rank)]
everybody = [None, None]
distributed.all_gather_object(everybody, seen)
distributed.destroy_process_group()
if rank == 0:
    print(json.dumps(everybody))
"""


def test_two_processes_see_the_halves_of_every_batch(tmp_path):
    rows = []
    for number in range(12):
        Image.new("RGB", (8, 16), (20 * number, 0, 0)).save(tmp_path / f"{number}.png")
        rows.append(Row(f"{number}.png", number + 1))
    write_manifest(rows, tmp_path / "manifest.jsonl")
    script = tmp_path / "read.py"
    script.write_text(READ)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, script, str(rank), tmp_path], stdout=subprocess.PIPE, env=environment, text=True
        )
        for rank in (0, 1)
    ]
    printed = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    halves = json.loads(printed[0])
    alone = [draws.rows.tolist() for draws in ShuffledBatches(12, 4, seed=5, first_step=1, last_step=3)]
    assert np.concatenate(halves, axis=1).tolist() == alone
    assert not set(np.ravel(halves[0])) & set(np.ravel(halves[1]))
