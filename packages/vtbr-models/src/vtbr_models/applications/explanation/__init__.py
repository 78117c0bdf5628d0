"""Where a trained model looks: maps of what makes two pictures match, and of what makes a word likely."""

from .explaining import ExplainingConfig as ExplainingConfig
from .explaining import explain_captions as explain_captions
from .explaining import explain_matches as explain_matches
from .output import form_of as form_of
from .output import write_maps as write_maps
from .requests import described as described
from .requests import described_files as described_files
from .requests import searches as searches
from .requests import searches_of_files as searches_of_files
