"""People drawn on demand: the embedded default data.

`people` decides who they are, `moment` and `pose` how they are caught, `figure` draws them part by part
(`head`, `garments`, `sleeves`, `legs`, `bags`, `held`) as round `solids` on a `canvas`; `scenery`, `weather`,
`cameras`, `passers` and `occluders` are the world around; `source` and `target` (with `crop` and
`difficulty`) are the two domains, `files` writes them.
"""

from .files import draw as draw
