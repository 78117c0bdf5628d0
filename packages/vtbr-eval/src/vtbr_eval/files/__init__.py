"""Every file format that is read or written."""

from .features_file import write_features as write_features
from .manifest import read_manifest as read_manifest
from .npz import write_npz as write_npz
from .reading import read_features as read_features
from .writing import replacing as replacing
