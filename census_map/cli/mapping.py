"""What the option `--map` says."""

from census_map.errors import InputError
from census_map.i18n import _


def parse_mapping(words: list[str]) -> dict[str, str]:
    """
    Read `column=FIELD` words.

    Raises
    ------
    InputError
        A word without an equals sign.
    """
    pairs = [word.partition("=") for word in words]
    for column, sign, field in pairs:
        if not (column and sign and field):
            raise InputError(_("“{word}” is no mapping: write --map column=FIELD.").format(word=column + sign + field))
    return {column.strip(): field.strip() for column, _sign, field in pairs}
