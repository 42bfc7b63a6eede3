"""One part, in a process of its own: what breaks in it breaks nothing else.

``python -m bench.on_device.one_part NAME --backend NAME --file FILE --exposures FOLDER [--smoke]``
"""

import argparse
from pathlib import Path

from bench.on_device.parts import PARTS, part_named
from bench.on_device.session import Session
from gpucal.backend import select_backend


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[part.name for part in PARTS])
    parser.add_argument("--backend", required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--exposures", type=Path, required=True)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    session = Session(arguments.backend, arguments.smoke, arguments.file, arguments.exposures)
    part_named(arguments.name).module.measure(session)


if __name__ == "__main__":
    main()
