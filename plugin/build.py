"""
Build the plugin's zips: `python -m census_map_plugin.build [--office] [--out DIR]`.

The slim zip carries the plugin, the library, the styles, the sample and the pure-Python packages it needs, copied from
the Python that builds it, so that building needs no internet. The office zip also carries compiled packages for
QGIS LTR on Windows (CPython 3.12), downloaded as wheels. This module is not shipped.
"""

import argparse
import importlib.metadata
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from pathlib import Path

import census_map

NAME = "census_map_plugin"
HERE = Path(__file__).parent
OWN = ("census_map", "census_map_styles", "census_map_samples")

# Import name and distribution of the pure-Python packages. QGIS itself brings PyQt, GDAL, numpy, requests.
VENDORED = {
    "qgis_plugin_tools": "qgis_plugin_tools",
    "folium": "folium",
    "branca": "branca",
    "xyzservices": "xyzservices",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "js_lib_leaflet": "django-js-lib-leaflet",
    "segno": "segno",
    "xlsxwriter": "xlsxwriter",
}

# Written by `make lock`, with hashes: what the development environment holds, and the wheels for Windows.
LOCKED = HERE.parent / "requirements" / "setup.txt"
OFFICE_LOCK = HERE.parent / "requirements" / "office.txt"
_PLATFORM = ("--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.12", "--implementation", "cp")

_NOT_SHIPPED = {"build.py", "picture.py", "picture_inside.py"}
_SKIPPED_FOLDERS = {"__pycache__", "pictures", "tests", "test", "testing"}
_SKIPPED_SUFFIXES = {".pyc", ".pyi", ".so", ".pyd", ".c", ".pyx", ".pxd", ".po", ".pot", ".map"}
_EPOCH = (2020, 1, 1, 0, 0, 0)  # so that the same sources give the same zip


def build(out: Path, *, office: bool = False) -> Path:
    """
    Build one zip.

    Parameters
    ----------
    out
        Folder, made when absent.
    office
        Whether to carry the compiled packages for Windows.

    Returns
    -------
    path
        The zip: `census_map_plugin.zip`, or `census_map_plugin-office.zip`.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{NAME}{'-office' if office else ''}.zip"
    licences: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in _plugin_files():
            _write(archive, name, data)
        for package in OWN:
            for name, data in _package_files(package):
                _write(archive, f"vendor/{name}", data)
        for package, distribution in VENDORED.items():
            _require_locked(distribution)
            for name, data in _package_files(package):
                _write(archive, f"vendor/{name}", data)
            licences.append(_licence(importlib.metadata.metadata(distribution)))
        if office:
            licences += _add_office(archive)
        _write(archive, "LICENSES.txt", _licence_list(licences).encode())
        _write(archive, "LICENSE", (HERE.parent / "LICENSE").read_bytes())
    return target


def _require_locked(distribution: str) -> None:
    """Refuse to ship another version than the locked one, whose hash was compared when it was installed."""
    version = importlib.metadata.version(distribution)
    locked = {line.split("==")[0]: line.split("==")[1].split()[0] for line in _pins(LOCKED)}
    if locked.get(distribution.replace("_", "-").lower()) != version:
        raise SystemExit(f"{distribution} {version} is installed, but another version is locked: run make setup.")


def _pins(lock: Path) -> list[str]:
    return [line for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line and not line.startswith("#")]


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(f"{NAME}/{name}", _EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _plugin_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(HERE.rglob("*")):
        name = path.relative_to(HERE)
        if path.is_file() and name.name not in _NOT_SHIPPED and _is_wanted(name):
            data = path.read_bytes()
            if name.name == "metadata.txt":
                data = data.replace(b"\nversion=0.1.0\n", f"\nversion={census_map.__version__}\n".encode())
            yield name.as_posix(), data


def _package_files(package: str) -> Iterator[tuple[str, bytes]]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"The package {package} is not installed: run make setup.")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        # What belongs to the command line alone stays at home: QGIS's Python has no typer.
        if path.is_file() and _is_wanted(name) and not (package == "census_map" and name.parts[0] == "cli"):
            yield f"{package}/{name.as_posix()}", path.read_bytes()


def _is_wanted(name: Path) -> bool:
    return not _SKIPPED_FOLDERS & set(name.parts[:-1]) and name.suffix not in _SKIPPED_SUFFIXES


def _add_office(archive: zipfile.ZipFile) -> list[str]:
    licences = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", *_PLATFORM]
        command += ["-d", folder, "-r", str(OFFICE_LOCK)]
        subprocess.run(command, check=True)  # noqa: S603  fixed words
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as source:
                for name in sorted(source.namelist()):
                    path = Path(name)
                    if name.endswith("/") or _SKIPPED_FOLDERS & set(path.parts[:-1]) or path.suffix in {".pyi", ".lib"}:
                        continue
                    _write(archive, f"office/{name}", source.read(name))
                    if path.name == "METADATA" and path.parent.suffix == ".dist-info":
                        text = source.read(name).decode("utf-8", "replace")
                        licences.append(_licence(message_from_string(text)))
    return licences


def _licence(metadata: importlib.metadata.PackageMetadata | Message) -> str:
    stated = metadata.get("License-Expression") or (metadata.get("License") or "").strip().split("\n")[0]
    if not stated or stated.startswith("Copyright"):
        kinds = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
        stated = "; ".join(kind.rpartition(" :: ")[2] for kind in kinds) or "see the package"
    home = metadata.get("Home-page") or next(iter(metadata.get_all("Project-URL") or []), "").rpartition(" ")[2]
    return f"{metadata['Name']} {metadata['Version']}: {stated} ({home})"


def _licence_list(licences: list[str]) -> str:
    head = (
        "Census Map is licensed under GPL-2.0-or-later (file LICENSE).\n"
        "This zip also carries the following packages, unchanged but for left-out tests, under their own licences:\n\n"
    )
    return head + "\n".join(sorted(set(licences), key=str.lower)) + "\n"


def main() -> None:
    """Build the zip that the words of the command line ask for."""
    parser = argparse.ArgumentParser(prog="census_map_plugin.build", description="Build the plugin's zip for QGIS.")
    parser.add_argument("--office", action="store_true", help="carry the compiled packages for Windows")
    parser.add_argument("--out", type=Path, default=HERE.parent / "dist")
    options = parser.parse_args()
    target = build(options.out, office=options.office)
    sys.stdout.write(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
