"""Modules whose execution waits until they are used."""

import os
import subprocess
import sys
import textwrap

import pytest

from gpucal.startup.switch import VARIABLE


def output_of(script):
    """What a script prints that begins with the import of data models and CRDS, as a command does."""
    begin = """
        import sys
        from gpucal.startup.deferred import MODULES, import_deferring
        import_deferring("stdatamodels.jwst.datamodels", "crds.core.heavy_client", "crds.jwst.locate")
        def waiting(name):
            return type(sys.modules[name]).__name__ == "_DeferredModule"
    """
    code = textwrap.dedent(begin) + textwrap.dedent(script)
    environment = os.environ | {VARIABLE: "0"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_modules_wait():
    assert output_of("print(*(name for name in MODULES if name in sys.modules and not waiting(name)))") == "\n"


def test_a_module_executes_when_it_is_used():
    script = """
        import astropy.units
        print(waiting("astropy.units"), astropy.units.m.to("cm"), waiting("astropy.units"))
    """
    assert output_of(script) == "True 100.0 False\n"


def test_what_users_import_is_no_stand_in():
    script = """
        from astropy.time import Time
        from astropy.units import Quantity
        class Length(Quantity):
            pass
        print(isinstance(Time, type), Length.__mro__[1] is Quantity, Time("2030-01-01").isot)
    """
    assert output_of(script) == "True True 2030-01-01T00:00:00.000\n"


def test_a_stand_in_knows_the_instances_of_its_class():
    script = """
        from stdatamodels import model_base
        stand_in = model_base.Time
        before = isinstance(1, stand_in), waiting("astropy.time")
        from astropy.time import Time
        print(*before, isinstance(Time.now(), stand_in), isinstance(1, stand_in), issubclass(Time, stand_in))
    """
    assert output_of(script) == "False True True False True\n"


def test_the_present_is_written_as_astropy_does():
    script = """
        from stdatamodels import model_base
        ours = model_base.Time.now().isot
        from astropy.time import Time
        print(len(ours), abs(Time(ours) - Time.now()).sec < 60)
    """
    assert output_of(script) == "23 True\n"


def test_modules_that_are_imported_already_are_not_deferred():
    script = """
        from astropy import time
        before = time.Time
        import_deferring("astropy.time")
        print(time.Time is before)
    """
    assert output_of(script) == "True\n"


def test_a_class_of_a_deferred_module_can_be_a_base():
    script = """
        from stdatamodels import model_base
        class Mine(model_base.Time):
            pass
        print(Mine.__mro__[1].__module__, waiting("astropy.time"))
    """
    assert output_of(script) == "astropy.time.core False\n"


def test_a_package_executes_before_its_submodules_do():
    script = """
        import astropy.time.core
        print(waiting("astropy.time"), astropy.time.core.TIME_DELTA_SCALES == astropy.time.TIME_DELTA_SCALES)
    """
    assert output_of(script) == "False True\n"


def test_all_of_the_packages_works_once_it_is_used():
    script = """
        import crds, crds.bestrefs
        from astropy import units
        from astropy.io import fits
        from astropy.modeling.models import Gaussian1D
        from astropy.nddata import CCDData
        from astropy.table import Table
        from stdatamodels.jwst.datamodels import DistortionModel
        model = DistortionModel(model=Gaussian1D(1, 2, 3), input_units=units.pix, output_units=units.arcsec)
        print(fits.BinTableHDU(Table({"a": [1, 2]})).columns[0].name, model.model.mean.value, crds.log.__name__)
    """
    assert output_of(script) == "a 2.0 crds.core.log\n"


@pytest.mark.parametrize("server", [None, "https://jwst-serverless-mode.stsci.edu"])
def test_the_client_of_crds_is_told_what_all_of_crds_would_tell_it(server, monkeypatch):
    monkeypatch.delenv("CRDS_SERVER_URL", raising=False)
    if server:
        monkeypatch.setenv("CRDS_SERVER_URL", server)
    script = """
        from crds.client import api
        from crds.core import heavy_client
        from gpucal.reference.crds_client import crds_client
        with crds_client():
            told = api.get_crds_server(), heavy_client.version_info()
        print(waiting("crds"), waiting("crds.certify"), waiting("filelock"), "requests" in sys.modules)
        import crds
        crds.getreferences  # executes all of it
        print(waiting("crds"), told == (api.get_crds_server(), heavy_client.version_info()))
    """
    assert output_of(script) == "True True True False\nFalse True\n"


def test_another_version_of_astropy_is_left_alone():
    script = """
        from gpucal.startup import deferred
        for name in [*sys.modules]:
            if name.startswith("astropy.time"):
                del sys.modules[name]
        deferred.TRIED["astropy"] = ("1.0",)
        deferred.import_deferring("astropy.time")
        print("astropy.time" in sys.modules)
        from astropy.time import Time
        print(waiting("astropy.time"))
    """
    assert output_of(script) == "False\nFalse\n"


def test_sources_are_found_without_statistics():
    script = """
        from importlib import metadata
        import numpy as np
        from gpucal.startup.deferred import import_segmentation
        asked = metadata.packages_distributions
        import_segmentation()
        from photutils.segmentation import SourceCatalog, detect_sources
        image = np.zeros((9, 9))
        image[2:5, 3:6] = 1.0
        segments = detect_sources(image, 0.5, 4)
        found = SourceCatalog(image, segments)
        print(found.x_centroid, found.segment_flux, waiting("scipy.signal"), "scipy.stats" in sys.modules)
        print(metadata.packages_distributions is asked, segments.data.shape)
        segments.make_source_mask(footprint=np.ones((3, 3), bool))
        from scipy.signal import fftconvolve
        print(fftconvolve(np.ones(2), np.ones(2)).round(), waiting("scipy.signal"))
    """
    assert output_of(script) == "[4.] [9.] True False\nTrue (9, 9)\n[1. 2. 1.] False\n"


def test_splines_come_without_what_their_package_imports_for_others():
    script = """
        import numpy as np
        from gpucal.startup.deferred import import_splines
        import_splines()
        from scipy.interpolate import UnivariateSpline
        places = np.arange(20.0)
        smooth = UnivariateSpline(places, places**3, s=0)(places)
        print(np.allclose(smooth, places**3), waiting("scipy.special"), waiting("scipy.spatial"))
        from scipy.interpolate import BPoly, RBFInterpolator
        print(BPoly([[1], [2], [1]], [0, 1])(0.5), RBFInterpolator([[0.0], [1.0]], [0.0, 2.0])([[1.0]]).round(9))
        from scipy.special import comb
        print(comb(4, 2), waiting("scipy.special"), waiting("scipy.spatial"))
    """
    assert output_of(script) == "True True True\n1.5 [2.]\n6.0 False True\n"


def test_photutils_is_left_alone_where_nothing_is_deferred():
    code = "import sys\nfrom gpucal.startup.deferred import import_segmentation\nimport_segmentation()\n"
    script = code + "print('photutils' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
