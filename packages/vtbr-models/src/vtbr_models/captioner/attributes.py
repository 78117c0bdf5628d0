"""Which attributes a model knows, and their values as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import InputError

Value = str | bool
UNKNOWN = -1


class AttributeVocabulary:
    """Attributes by name, each with its values; a value's number is its place.

    >>> vocabulary = AttributeVocabulary({"hat": [False, True], "gender": ["female", "male"]})
    >>> vocabulary.encode({"gender": "male"})
    [1, -1]
    >>> vocabulary.to_metadata()
    {'gender': ['female', 'male'], 'hat': [False, True]}
    """

    def __init__(self, values: Mapping[str, Sequence[Value]]) -> None:
        """Raises InputError unless each attribute has two or more different texts or booleans."""
        if not isinstance(values, Mapping) or not values:
            raise InputError(f"an attribute vocabulary must be an object of names and values, not {values!r}")
        for name, listed in values.items():
            is_list = isinstance(listed, Sequence) and not isinstance(listed, str)
            if not is_list or not all(isinstance(value, str | bool) for value in listed):
                raise InputError(f"attribute {name}: its values must be texts or booleans, not {listed!r}")
            if len(set(listed)) != len(listed) or len(listed) < 2:
                raise InputError(f"attribute {name}: its values must be two or more, all different")
        # By name: JSON keeps no order of keys, and the classifier's rows follow it.
        self.values: dict[str, tuple[Value, ...]] = {name: tuple(values[name]) for name in sorted(values)}

    @classmethod
    def of(cls, people: Iterable[Mapping[str, object]]) -> AttributeVocabulary:
        """Return the attributes found, as manifests have them, with all their values that differ, in order.

        Numbers are passed over: a viewpoint in degrees is a measure, and mirroring a picture changes it.
        So is an attribute that has one value only. Raises InputError where nothing is left.
        """
        found: dict[str, set[Value]] = {}
        for attributes in people:
            for name, value in attributes.items():
                if isinstance(value, str | bool):
                    found.setdefault(name, set()).add(value)
        telling = {name: sorted(values, key=str) for name, values in found.items() if len(values) > 1}
        if not telling:
            raise InputError("no attribute takes different values here: nothing to learn from")
        return cls(telling)

    def encode(self, attributes: Mapping[str, object] | None) -> list[int]:
        """Return the number of each attribute's value, in the order of their names; -1 where it is not known."""
        return [_place((attributes or {}).get(name), values) for name, values in self.values.items()]

    def decode(self, numbers: Sequence[int]) -> dict[str, Value]:
        """Return the attributes that have these numbers; unknown ones are left out.

        >>> AttributeVocabulary({"hat": [False, True], "gender": ["female", "male"]}).decode([1, -1])
        {'gender': 'male'}
        """
        pairs = zip(self.values.items(), numbers, strict=True)
        return {name: values[number] for (name, values), number in pairs if number != UNKNOWN}

    def to_metadata(self) -> dict[str, list[Value]]:
        """Return the description for a checkpoint."""
        return {name: list(values) for name, values in self.values.items()}


def _place(value: object, values: tuple[Value, ...]) -> int:
    is_known = isinstance(value, str | bool) and value in values
    return values.index(value) if is_known else UNKNOWN
