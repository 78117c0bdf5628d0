"""Tables of other people's making as manifest rows (docs/formats.md, "Tables")."""

from .reading import Rows as Rows
from .reading import TableOptions as TableOptions
from .reading import read_rows as read_rows
from .values import FIRST_IDENTITY_NOTE as FIRST_IDENTITY_NOTE
from .values import SPLIT_WORDS as SPLIT_WORDS
from .values import camera_numbers as camera_numbers
from .values import normal as normal
from .values import numbered_names as numbered_names
