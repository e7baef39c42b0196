"""
Check coverages: this engine beside its peers, in one run.

    python benchmarks/coverage.py FOLDER [--runs 3 | --once] [--limit SECONDS] [--tools "read only,QGIS chain"]
                                  [--mapshaper PROGRAM]

FOLDER holds one input a subfolder, as the fault injector writes it: coverage.gpkg (or .fgb), container.gpkg if there
are containers, truth.json if faults were planted. Every tool (`coverage_peers.py`) runs as a process of its own, so
that imports and reading count; of several runs the least is quoted: wall time, processor time, peak memory. What it
found is written by one run more, which is not timed, and scored by `score_faults.py`. With `--once` there is one run
that does both, for inputs on which some tools take many minutes; `--limit` stops a tool after so much processor time.

mapshaper is looked for on the PATH (`npm install mapshaper` in a folder of its own) and left out otherwise.
"""

import argparse
import json
import os
import re
import resource
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).with_name("coverage_peers.py")
TOOLS = runpy.run_path(str(PEERS))["TOOLS"]
SCORER = Path(__file__).parents[2] / "shared" / "tools" / "score_faults.py"
OURS = ("census_map is_exact", "census_map find_faults")
YARDSTICK = "pairwise + difference"
WITHOUT_PLACES = {"read only", "coverage_is_valid", "mapshaper check", "census_map is_exact"}


@dataclass
class Run:
    """One process: wall and processor seconds, peak megabytes, and the last line it printed."""

    wall: float
    cpu: float
    peak: int
    says: str


def run(command: list[str], limit: int | None = None) -> Run:
    """Run a command and measure it; the peak is that of its largest process. A limit is in processor seconds."""

    def bound() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))

    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, preexec_fn=bound)  # noqa: PLW1509
        _pid, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = [line.strip() for line in said if line.strip()]
    spent = used.ru_utime + used.ru_stime
    if process.returncode and limit is not None and spent >= limit:
        lines.append(f"stopped at the limit of {limit} s of processor time")
    elif process.returncode:
        lines.append(f"failed with status {process.returncode}: {lines[-1] if lines else 'no word'}")
    return Run(wall, spent, used.ru_maxrss // 1024, lines[-1] if lines else "")


def score(command: list[str], truth: Path, limit: int | None = None) -> tuple[Run, dict[str, int]]:
    """Let a tool write its faults and the scorer compare them with the truth: found by class, typed, false."""
    with tempfile.TemporaryDirectory() as folder:
        faults = Path(folder) / "faults.json"
        writing = run([*command, "--faults", str(faults)], limit)
        if not faults.exists():
            return writing, {}
        done = subprocess.run(
            [sys.executable, str(SCORER), str(truth), str(faults)], check=False, capture_output=True, text=True
        )
    summary = json.loads(done.stdout.splitlines()[-1])
    found = {number: int(n) for number, n in re.findall(r"^ *(\d+) \w+ +found (\d+)", done.stdout, re.MULTILINE)}
    return writing, found | {"typed": summary["typed"], "false": summary["false"]}


def measured(folder: Path, tools: list[str], options: argparse.Namespace) -> list[dict[str, object]]:
    """Run every tool on one input, round by round, so that a busy moment meets them all."""
    files = [str(path) for stem in ("coverage", "container") for path in sorted(folder.glob(f"{stem}.[gf][pg][kb]*"))]
    truth = folder / "truth.json"
    commands = {
        tool: [sys.executable, "-P", str(PEERS), tool, *files, "--mapshaper", options.mapshaper or "mapshaper"]
        for tool in tools
    }
    runs: dict[str, list[Run]] = {tool: [] for tool in tools}
    scores: dict[str, dict[str, int]] = {}
    for _round in range(1 if options.once else options.runs):
        for tool in tools:
            if options.once and truth.exists() and tool not in WITHOUT_PLACES:
                done, scores[tool] = score(commands[tool], truth, options.limit)
            else:
                done = run(commands[tool], options.limit)
            runs[tool].append(done)
            print(f"  {tool}: {done.cpu:.2f} s, {done.says[:80]}", file=sys.stderr, flush=True)
    rows = []
    for tool in tools:
        least = runs[tool]
        row = {"input": folder.name, "tool": tool, "says": least[-1].says[:120]}
        row |= {"wall_s": min(one.wall for one in least), "cpu_s": min(one.cpu for one in least)}
        row |= {"peak_mb": min(one.peak for one in least)}
        if truth.exists() and tool not in WITHOUT_PLACES:
            row |= scores[tool] if options.once else score(commands[tool], truth)[1]
        rows.append(row)
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """Write the rows of one input as a table: found by class, then seconds and memory."""
    classes = [str(number) for number in range(1, 13)] if any("typed" in row for row in rows) else []
    titles = ["tool", *classes, *(["typed", "false"] if classes else [])]
    titles += ["wall s", "CPU s", f"of {YARDSTICK}", "peak MB"]
    yardstick = next((row["cpu_s"] for row in rows if row["tool"] == YARDSTICK), None)
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for row in rows:
        cells = [f"**{row['tool']}**" if row["tool"] in OURS else row["tool"]]
        cells += [row.get(name, "") for name in (*classes, *(["typed", "false"] if classes else []))]
        cells += [f"{row['wall_s']:.2f}", f"{row['cpu_s']:.2f}"]
        cells += [f"{row['cpu_s'] / yardstick:.2f}" if yardstick else "", row["peak_mb"]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print a table an input, what each tool said, and everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="one run a tool, timed and scored")
    parser.add_argument("--limit", type=int, help="processor seconds after which a tool is stopped")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--inputs", default="*", help="a pattern for the subfolders")
    parser.add_argument("--mapshaper", default=shutil.which("mapshaper"))
    options = parser.parse_args()
    tools = options.tools.split(",")
    if options.mapshaper is None and any(tool.startswith("mapshaper") for tool in tools):
        print("mapshaper is not on the PATH and was left out.")
        tools = [tool for tool in tools if not tool.startswith("mapshaper")]
    everything = []
    for folder in sorted({path.parent for path in options.folder.glob(f"{options.inputs}/coverage.*")}):
        rows = measured(folder, tools, options)
        everything += rows
        print(f"\n{folder.name}\n\n{table(rows)}\n", flush=True)
        for row in rows:
            print(f"  {row['tool']}: {row['says']}")
    print(json.dumps({"cpus": os.cpu_count(), "rows": everything}))


if __name__ == "__main__":
    main()
