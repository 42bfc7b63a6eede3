"""Whole processes of both programs on the same files: run by turns, compared, put into tables and a picture."""

from pathlib import Path

from bench import results
from bench.agreement import compare_folders
from bench.catalogs import differing_values
from bench.processes import PROGRAMS, alternate, summary


def programs(with_peer: bool = True) -> dict[str, list[str]]:
    """The commands of both programs, or of gpucal alone."""
    return {name: program for name, program in PROGRAMS.items() if with_peer or name == "gpucal"}


def measure_by_turns(
    commands: dict[str, list[str]], environment: dict[str, str], runs: int, directory: Path, folder: Path | None = None
) -> dict:
    """Run commands by turns on the same input, and see that their products agree.

    Parameters
    ----------
    commands : dict
        Program to its command line, which lacks the folder of the products.
    environment : dict
        Environment variables.
    runs : int
        Counted runs of each.
    directory : Path
        Where each program is given a folder for its products.
    folder : Path, optional
        The working directory.

    Returns
    -------
    dict
        For each program what `bench.processes.summary` tells; and ``differences``, if there are two.
    """
    places = {name: directory / name for name in commands}
    commands = {name: [*command, f"--output_dir={places[name]}"] for name, command in commands.items()}
    measured = alternate(commands, environment, runs, places, folder=folder)
    found = {name: summary(of_one) for name, of_one in measured.items()}
    return found | ({"differences": differences(places)} if len(places) > 1 else {})


def differences(places: dict[str, Path]) -> dict[str, int]:
    """Values beyond the bounds, differing flags, and files that one side lacks, in the products of both programs."""
    ours, theirs = places["gpucal"], places["jwst"]
    found = {"values": 0, "flags": 0, "files": 0}
    for agreement in compare_folders(ours, theirs).values():
        found["values"] += sum(one.beyond + one.misplaced_nan for one in agreement.extensions)
        found["flags"] += sum(one.differing for one in agreement.extensions)
        found["files"] += not agreement.extensions
    for catalog in theirs.glob("*_cat.ecsv"):
        found["values"] += differing_values(ours / catalog.name, catalog)
    return found


def table(measured: dict, kinds: tuple[str, ...]) -> str:
    """Whole processes, as Markdown.

    Parameters
    ----------
    measured : dict
        Results by their names, which are made of parts: ``case | parameters``.
    kinds : tuple of str
        What the parts are.
    """
    header = [*kinds, "jwst, s", "gpucal, s", "ratio", "jwst, GiB", "gpucal, GiB", "off"]
    rows = [[*name.split(" | "), *cells(result)] for name, result in measured["results"].items()]
    return results.markdown(header, rows)


def cells(result: dict) -> list[str]:
    """The figures of one result; only those of gpucal where it ran alone."""
    ours = result["gpucal"]
    if "jwst" not in result:
        return ["", f"{ours['seconds']:.2f}", "", "", f"{ours['memory']:.2f}", ""]
    theirs = result["jwst"]
    return [
        f"{theirs['seconds']:.1f}",
        f"{ours['seconds']:.2f}",
        f"{theirs['seconds'] / ours['seconds']:.1f}",
        f"{theirs['memory']:.1f}",
        f"{ours['memory']:.2f}",
        ", ".join(str(number) for number in result["differences"].values()),
    ]


def steps_table(measured: dict) -> str:
    """Steps of both programs, in these runs, as Markdown: seconds of jwst, of gpucal, and their ratio."""
    compared = {name: result for name, result in measured["results"].items() if "jwst" in result}
    names = list(dict.fromkeys(step for result in compared.values() for step in result["jwst"]["steps"]))
    header = ["step", *(name.replace(" | ", ", ") for name in compared)]
    rows = []
    for step in names:
        cells = [
            cell(result["jwst"]["steps"].get(step), result["gpucal"]["steps"].get(step))
            for result in compared.values()
        ]
        if any(cells):
            rows.append([step, *cells])
    return results.markdown(header, rows)


def cell(theirs: float | None, ours: float | None) -> str:
    """Seconds of a step; empty where it takes jwst less than 50 ms."""
    if not theirs or ours is None or theirs < 0.05:
        return ""
    return f"{theirs:.2f} / {ours:.2f} = {theirs / max(ours, 0.001):.0f}"


def draw(measured: dict, name: str) -> None:
    """Bars of the time of whole processes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    cases = list(measured["results"])
    figure, axes = plt.subplots(figsize=(9, 0.6 * len(cases) + 1.5), layout="constrained")
    for place, (program, color) in enumerate({"jwst": "0.6", "gpucal": "tab:blue"}.items()):
        run = {row: measured["results"][case] for row, case in enumerate(cases) if program in measured["results"][case]}
        seconds = [result[program]["seconds"] for result in run.values()]
        bars = axes.barh([row + 0.4 * place for row in run], seconds, 0.38, color=color, label=program)
        axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_yticks([row + 0.2 for row in range(len(cases))], [case.replace(" | ", "\n") for case in cases])
    axes.invert_yaxis()
    axes.set_xlabel("seconds, whole process")
    axes.legend()
    figure.savefig(results.picture(name), dpi=120)


def publish(name: str, found: dict, kinds: tuple[str, ...], runs: int) -> None:
    """Write results, their tables and their picture to where they belong."""
    measured = results.save(name, found, runs=runs)
    results.publish(name, measured, table(measured, kinds))
    results.publish(f"{name}-steps", measured, steps_table(measured))
    draw(measured, name)
