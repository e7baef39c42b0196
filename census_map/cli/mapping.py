"""What options such as `--map` say: this is that."""

from census_map.errors import InputError
from census_map.i18n import N_, _


def parse_mapping(words: list[str], *, option: str = "--map", form: str = N_("column=FIELD")) -> dict[str, str]:
    """
    Read `column=FIELD` words.

    Parameters
    ----------
    words
        As they were typed.
    option, form
        What they belong to and look like, for the refusal; `form` is translated here.

    Raises
    ------
    InputError
        A word without an equals sign.
    """
    pairs = [word.partition("=") for word in words]
    for column, sign, field in pairs:
        if not (column and sign and field):
            raise InputError(
                _("“{word}” is incomplete: write {option} {form}.").format(
                    word=column + sign + field, option=option, form=_(form)
                )
            )
    return {column.strip(): field.strip() for column, _sign, field in pairs}
