"""People drawn on demand: the embedded default data.

`people` decides who they are, `pose`, `garments`, `head`, `bags` and `figure` draw them as round `solids`
on a `canvas`, `scenery`, `weather` and `cameras` are the world around, `source` and `target` the two
domains, `files` writes them.
"""

from .files import draw as draw
