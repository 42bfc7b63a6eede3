"""Measure all that a GPU has to show, in order of weight, within a time limit.

``python -m bench.on_device --minutes 8 --out DIR`` runs the parts of `bench.on_device.parts`, each in a process of its
own, and writes to DIR ``results.json``, ``summary.txt`` with all tables, and ``log.txt`` with all that was printed. It
ends by itself before the minutes are over; what was left out or cut off for that is named. It needs no network.
``--smoke`` rehearses it in little time on a machine without a GPU, under Numba's simulator.

``python -m bench.on_device --publish DIR`` puts the tables of such a folder into ``docs/benchmarks.md``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

from bench import results
from bench.on_device import summary
from bench.on_device.parts import PARTS, Part
from bench.on_device.schedule import CHECKOUT, run_parts

# Kept free at the end, to write down what was found.
RESERVE = 5.0
ANSWER_WITHIN = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=8.0, help="when all is over at the latest (default 8)")
    parser.add_argument("--out", type=Path, help="the folder of results; it is made")
    parser.add_argument("--parts", nargs="*", default=[part.name for part in PARTS], help="which parts (default all)")
    parser.add_argument("--smoke", action="store_true", help="a rehearsal without a GPU")
    parser.add_argument("--publish", type=Path, metavar="DIR", help="put the results of a folder into the page")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - {part.name for part in PARTS}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if arguments.publish:
        publish(arguments.publish)
    elif arguments.out:
        chosen = [part for part in PARTS if part.name in arguments.parts]
        run(chosen, 60 * arguments.minutes, arguments.out, arguments.smoke)
    else:
        parser.error("name a folder with --out or --publish")


def publish(folder: Path) -> None:
    """Publish a folder, or say in one line why not."""
    try:
        markers = summary.publish(folder, results.PAGE, results.PLACE)
    except summary.NotToPublishError as error:
        raise SystemExit(str(error)) from None
    print(f"{results.PAGE}: {', '.join(markers)}")


def run(parts: list[Part], seconds: float, folder: Path, smoke: bool) -> None:
    """Run parts, and write what they find to a folder after each of them."""
    ends = monotonic() + seconds - RESERVE
    folder.mkdir(parents=True, exist_ok=True)
    backend = "cudasim" if smoke else "cuda"
    if smoke:
        os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    session = {"measured on": machine(backend), "smoke": smoke, "minutes": seconds / 60, "parts": []}
    log = folder / summary.LOG
    log.write_text("")
    with tempfile.TemporaryDirectory() as place:
        options = [f"--backend={backend}", f"--exposures={place}/exposures", *(["--smoke"] if smoke else [])]
        for found in run_parts(parts, ends, Path(place), log, options):
            session["parts"].append(found)
            summary.write(folder, session)
            print(f"{found['name']}: {found['state']}", flush=True)
    text = summary.in_words(session)
    (folder / summary.SUMMARY).write_text(text)
    print(text)


def machine(backend: str) -> dict:
    """The hardware, asked for in a process of its own: this one leaves the device alone."""
    command = [sys.executable, "-m", "bench.hardware", f"--backend={backend}"]
    try:
        asked = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=ANSWER_WITHIN
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"the device does not answer within {ANSWER_WITHIN} s") from None
    if asked.returncode:
        raise SystemExit(f"no device to measure on: {(asked.stderr.strip().splitlines() or ['?'])[-1]}")
    return json.loads(asked.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
