"""Tables of other people's making as manifest rows (docs/formats.md, "Tables")."""

from .columns import SYNONYMS as SYNONYMS
from .reading import read_rows as read_rows
from .rows import Rows as Rows
from .rows import TableOptions as TableOptions
from .sheet import parquet_library as parquet_library
from .values import COUNTED_FROM_ZERO as COUNTED_FROM_ZERO
from .values import are_numbers as are_numbers
from .values import camera_numbers as camera_numbers
from .values import camera_that_is_no_name as camera_that_is_no_name
from .values import identity_that_is_no_name as identity_that_is_no_name
from .values import is_empty as is_empty
from .values import mark as mark
from .values import normal as normal
from .values import numbered_names as numbered_names
from .values import split_of as split_of
from .values import whole_number as whole_number
