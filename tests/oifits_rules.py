"""What the OIFITS 2 standard asks of a file, as told by Duvert, Young & Hummel (2017, A&A 597, A8)."""

import numpy as np
from astropy.io import fits

PRIMARY = ("ORIGIN", "DATE", "DATE-OBS", "CONTENT", "TELESCOP", "INSTRUME", "OBSERVER", "OBJECT", "INSMODE")

# Keywords of each table, and its columns: name, letter of the type, how many values (0: one for each wavelength), unit.
TIMES = (("TARGET_ID", "I", 1, ""), ("TIME", "D", 1, "s"), ("MJD", "D", 1, "day"), ("INT_TIME", "D", 1, "s"))
ENDS = ("OI_REVN", "DATE-OBS", "INSNAME", "ARRNAME")
TABLES = {
    "OI_ARRAY": (
        ("OI_REVN", "ARRNAME", "FRAME", "ARRAYX", "ARRAYY", "ARRAYZ"),
        (
            ("TEL_NAME", "A", 16, ""), ("STA_NAME", "A", 16, ""), ("STA_INDEX", "I", 1, ""), ("DIAMETER", "E", 1, "m"),
            ("STAXYZ", "D", 3, "m"), ("FOV", "D", 1, "arcsec"), ("FOVTYPE", "A", 6, ""),
        ),
    ),
    "OI_TARGET": (
        ("OI_REVN",),
        (
            ("TARGET_ID", "I", 1, ""), ("TARGET", "A", 16, ""), ("RAEP0", "D", 1, "deg"), ("DECEP0", "D", 1, "deg"),
            ("EQUINOX", "E", 1, "yr"), ("RA_ERR", "D", 1, "deg"), ("DEC_ERR", "D", 1, "deg"),
            ("SYSVEL", "D", 1, "m/s"), ("VELTYP", "A", 8, ""), ("VELDEF", "A", 8, ""), ("PMRA", "D", 1, "deg/yr"),
            ("PMDEC", "D", 1, "deg/yr"), ("PMRA_ERR", "D", 1, "deg/yr"), ("PMDEC_ERR", "D", 1, "deg/yr"),
            ("PARALLAX", "E", 1, "deg"), ("PARA_ERR", "E", 1, "deg"), ("SPECTYP", "A", 16, ""),
        ),
    ),
    "OI_WAVELENGTH": (("OI_REVN", "INSNAME"), (("EFF_WAVE", "E", 1, "m"), ("EFF_BAND", "E", 1, "m"))),
    "OI_VIS": (
        ENDS,
        (
            *TIMES, ("VISAMP", "D", 0, ""), ("VISAMPERR", "D", 0, ""), ("VISPHI", "D", 0, "deg"),
            ("VISPHIERR", "D", 0, "deg"), ("UCOORD", "D", 1, "m"), ("VCOORD", "D", 1, "m"), ("STA_INDEX", "I", 2, ""),
            ("FLAG", "L", 0, ""),
        ),
    ),
    "OI_VIS2": (
        ENDS,
        (
            *TIMES, ("VIS2DATA", "D", 0, ""), ("VIS2ERR", "D", 0, ""), ("UCOORD", "D", 1, "m"),
            ("VCOORD", "D", 1, "m"), ("STA_INDEX", "I", 2, ""), ("FLAG", "L", 0, ""),
        ),
    ),
    "OI_T3": (
        ENDS,
        (
            *TIMES, ("T3AMP", "D", 0, ""), ("T3AMPERR", "D", 0, ""), ("T3PHI", "D", 0, "deg"),
            ("T3PHIERR", "D", 0, "deg"), ("U1COORD", "D", 1, "m"), ("V1COORD", "D", 1, "m"), ("U2COORD", "D", 1, "m"),
            ("V2COORD", "D", 1, "m"), ("STA_INDEX", "I", 3, ""), ("FLAG", "L", 0, ""),
        ),
    ),
}  # fmt: skip
NEEDED = ("OI_ARRAY", "OI_TARGET", "OI_WAVELENGTH")
MEASURED = ("OI_VIS", "OI_VIS2", "OI_T3")


def faults_of(path) -> list[str]:
    """What of a file is against the standard; nothing of a valid one."""
    with fits.open(path, logical_as_bytes=True) as hdus:
        found = [f"the primary header lacks {name}" for name in PRIMARY if hdus[0].header.get(name) in (None, "")]
        if hdus[0].header.get("CONTENT") != "OIFITS2":
            found.append("CONTENT is not OIFITS2")
        found += [f"there is no {name}" for name in NEEDED if name not in hdus]
        if not any(name in hdus for name in MEASURED):
            found.append("nothing is measured")
        if found:
            return found
        nwaves = len(hdus["OI_WAVELENGTH"].data)
        for hdu in hdus[1:]:
            if hdu.name in TABLES:
                found += faults_of_table(hdu, nwaves)
        if not found:
            found = [fault for name in MEASURED if name in hdus for fault in faults_of_links(hdus[name], hdus)]
        if np.any(hdus["OI_WAVELENGTH"].data["EFF_WAVE"] <= 0):
            found.append("a wavelength is not positive")
        return found


def faults_of_table(hdu, nwaves: int) -> list[str]:
    """Keywords and columns of one table."""
    keywords, columns = TABLES[hdu.name]
    found = [f"{hdu.name} lacks the keyword {name}" for name in keywords if name not in hdu.header]
    if hdu.header.get("OI_REVN") != 2:
        found.append(f"{hdu.name} is of revision {hdu.header.get('OI_REVN')}")
    there = {column.name: column for column in hdu.columns}
    for name, letter, count, unit in columns:
        if name not in there:
            found.append(f"{hdu.name} lacks the column {name}")
            continue
        form = f"{count or nwaves}{letter}"
        if there[name].format not in (form, form.removeprefix("1") if form[1:] == letter else form):
            found.append(f"{hdu.name} {name} has the format {there[name].format}, not {form}")
        if (there[name].unit or "") != unit:
            found.append(f"{hdu.name} {name} has the unit {there[name].unit!r}, not {unit!r}")
        if letter == "L" and set(np.asarray(hdu.data[name]).tobytes()) - set(b"TF"):
            found.append(f"{hdu.name} {name} has values that are neither true nor false")
        if name.endswith("ERR") and (np.asarray(hdu.data[name]) < 0).any():
            found.append(f"{hdu.name} {name} is negative")
    return found


def faults_of_links(hdu, hdus) -> list[str]:
    """Whether what a table points to is there."""
    found = []
    if hdu.header["INSNAME"] != hdus["OI_WAVELENGTH"].header["INSNAME"]:
        found.append(f"{hdu.name}: there is no INSNAME {hdu.header['INSNAME']}")
    if hdu.header["ARRNAME"] != hdus["OI_ARRAY"].header["ARRNAME"]:
        found.append(f"{hdu.name}: there is no ARRNAME {hdu.header['ARRNAME']}")
    stations = np.asarray(hdus["OI_ARRAY"].data["STA_INDEX"])
    if len(set(stations)) < len(stations) or (stations < 1).any():
        found.append("stations have no numbers of their own")
    if not np.isin(hdu.data["STA_INDEX"], stations).all():
        found.append(f"{hdu.name}: there is no such station")
    if not np.isin(hdu.data["TARGET_ID"], hdus["OI_TARGET"].data["TARGET_ID"]).all():
        found.append(f"{hdu.name}: there is no such target")
    if hdus["OI_ARRAY"].header["FRAME"] not in ("SKY", "GEOCENTRIC"):
        found.append("FRAME of OI_ARRAY is unknown")
    return found
