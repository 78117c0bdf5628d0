"""Files that commands read and write: manifests, outputs that appear complete, progress bars."""

from .columns import KEYS as KEYS
from .manifest import SPLITS as SPLITS
from .manifest import Manifest as Manifest
from .manifest import Row as Row
from .manifest import read_manifest as read_manifest
from .output import open_output as open_output
from .output import replacing as replacing
from .output import write_lines as write_lines
from .output import write_manifest as write_manifest
from .progress import track as track
from .table import TableOptions as TableOptions
