"""FILE:layer, as people and scripts name a layer."""

from pathlib import Path


def split_spec(spec: str) -> tuple[Path, str | None]:
    """
    Take FILE[:layer] apart.

    A colon in a file's own name, in a layer's name or after a drive letter separates nothing: the longest beginning
    that is a file is the file.
    """
    whole = Path(spec)
    if whole.exists() or ":" not in spec:
        return whole, None
    places = [place for place, letter in enumerate(spec) if letter == ":" and place > 1]
    for place in reversed(places):
        if Path(spec[:place]).exists():
            return Path(spec[:place]), spec[place + 1 :]
    return (Path(spec[: places[0]]), spec[places[0] + 1 :]) if places else (whole, None)


def source_name(spec: str) -> str:
    """Give the name under which rows of FILE[:layer] are known: without the folder, which differs between machines."""
    path, layer = split_spec(spec)
    name = str(path).replace("\\", "/").rsplit("/", 1)[-1]
    return name if layer is None else f"{name}:{layer}"
