"""Pairs of images of one star, some pixels apart, as wavefront sensing takes them."""

import json

import numpy as np

from gpucal.data import write_model
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from tests.sky_exposures import NOISE, SIZE, sky_image


def star(x, y, seed):
    """An image of a star, defocused: a ring, a core beside its middle, and noise."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    distance = np.hypot(columns - x, rows - y)
    image = 20 * np.exp(-(((distance - 6) / 1.5) ** 2)) + 40 * np.exp(-(((columns - x - 3) ** 2 + (rows - y) ** 2) / 4))
    return image + np.random.default_rng(seed).normal(1, NOISE, image.shape)


def wavefront_pair(offset, more=(0, 0), middle=(48, 52), bad=0.02):
    """Two images of a star that are ``offset`` apart on the sky, and whose headers miss ``more`` pixels of it."""
    made = []
    for number in range(2):
        away = np.array(offset) * number
        model = sky_image(number, place=(away[0], away[1]), level=0)
        place = _where_the_first_middle_is(made[0], model) if made else (SIZE // 2, SIZE // 2)
        shift = np.array(place) - SIZE // 2 + np.array(more) * number
        model.data = star(middle[0] + shift[0], middle[1] + shift[1], number).astype(np.float32)
        rng = np.random.default_rng(5 + number)
        for name in ("err", "var_poisson", "var_rnoise", "var_flat"):
            setattr(model, name, rng.uniform(0.05, 0.2, model.data.shape).astype(np.float32))
        model.area = rng.uniform(0.9, 1.1, model.data.shape).astype(np.float32)
        is_bad = rng.random(model.data.shape) < bad
        model.dq = (is_bad * DO_NOT_USE | rng.choice([0, JUMP_DET], is_bad.shape)).astype(np.uint32)
        model.data[model.dq & DO_NOT_USE > 0] = np.nan
        made.append(model)
    return made


def _where_the_first_middle_is(first, second):
    sky = first.meta.wcs(SIZE // 2, SIZE // 2)
    return second.meta.wcs.invert(*sky, with_bounding_box=False)


def association(models, folder, product="star_{suffix}"):
    """Write images and their association; its path."""
    members = []
    for model in models:
        write_model(model.copy(), folder / model.meta.filename)
        members.append({"expname": model.meta.filename, "exptype": "science"})
    about = {
        "asn_type": "wfs-image3", "asn_rule": "Asn_Lv3WFSCMB", "asn_pool": "made_pool", "asn_id": "a3001",
        "program": "01234", "products": [{"name": product, "members": members}],
    }  # fmt: skip
    path = folder / "made_asn.json"
    path.write_text(json.dumps(about))
    return path


