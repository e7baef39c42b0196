"""The kinds of code that numpy, glibc and OpenBLAS choose by the processor, as environments of a child process."""

import os

import numpy as np

# glibc 2.33 and newer call them so; a name that another one does not know is passed over.
_GLIBC = "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ"


def environments() -> dict[str, dict[str, str]]:
    """
    List the environments in which digits may end otherwise.

    Only what this machine has is switched off: numpy warns of the rest, and a plain machine has fewer of them to try.
    """
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    wide = [name for name in found if name.startswith("AVX512") or name == "X86_V4"]
    levels = {
        "as it is": {},
        "numpy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)},
        "numpy without any": {"NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        "glibc without FMA": {"GLIBC_TUNABLES": _GLIBC},
        "OpenBLAS of an old processor": {"OPENBLAS_CORETYPE": "Prescott"},
    }
    levels["all of it"] = {name: value for level in levels.values() for name, value in level.items()}
    clean = {name: value for name, value in os.environ.items() if name not in levels["all of it"]}
    return {name: {**clean, **level} for name, level in levels.items()}
