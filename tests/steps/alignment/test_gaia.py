"""The catalogue service is asked for the field of the images, and what it answers is read."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from astropy.table import Table

from gpucal.steps.parts.alignment.gaia import NoCatalogError, gaia_sources
from gpucal.wcs.correction import directions

ANSWER = """# a comment of the service
ra,dec,mag,objID,epoch,pmra,pmdec
359.9999,-27.8,17.5,12345678901234567,2022.5,1.0,2.0
0.0001,-27.81,19.5,2,2022.5,0.5,0.1
0.0002,-27.82,18.5,3,2022.5,,
"""
CORNERS = directions(np.array([359.99, 359.99, 0.01, 0.01]), np.array([-27.81, -27.79, -27.79, -27.81]))


@pytest.fixture
def service(monkeypatch):
    """A service on this machine: the questions it was asked, and the answer it gives."""
    asked, answer = [], [ANSWER]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(urlparse(self.path))
            self.send_response(200 if answer[0] else 503)
            self.end_headers()
            self.wfile.write((answer[0] or "").encode())

        def log_message(self, *arguments):
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ASTROMETRIC_CATALOG_URL", f"http://127.0.0.1:{server.server_port}")
    yield asked, answer
    server.shutdown()
    server.server_close()


def test_stars_with_known_motion_are_taken_and_written(service, tmp_path):
    found = gaia_sources("GAIADR3", CORNERS, 2022.5, tmp_path / "fit_gaiadr3_ref.ecsv")
    np.testing.assert_allclose(found.directions, directions([0.0001, 359.9999], [-27.81, -27.8]), atol=1e-15)
    written = Table.read(tmp_path / "fit_gaiadr3_ref.ecsv")
    assert written.colnames == ["RA", "DEC", "mag", "objID", "epoch"]
    assert list(written["mag"]) == [19.5, 17.5] and str(written["objID"][1]) == "12345678901234567"


def test_the_field_is_a_circle_around_all_corners(service):
    gaia_sources("GAIADR2", CORNERS, 2022.5)
    (question,) = service[0]
    assert question.path == "/vo/CatalogSearch.aspx"
    values = {name: value for name, (value,) in parse_qs(question.query).items()}
    assert {name: values[name] for name in ("CAT", "FORMAT", "EPOCH")} == {
        "CAT": "GAIADR2", "FORMAT": "CSV", "EPOCH": "2022.5",
    }  # fmt: skip
    assert float(values["RA"]) % 360 == pytest.approx(0, abs=1e-9) or float(values["RA"]) == pytest.approx(360)
    assert float(values["DEC"]) == pytest.approx(-27.8, abs=1e-6)
    assert float(values["SR"]) == pytest.approx(np.hypot(0.01 * np.cos(np.deg2rad(27.8)), 0.01), rel=1e-3)


def test_a_field_without_stars_has_none(service):
    service[1][0] = "No data records were found\n"
    assert gaia_sources("GAIADR3", CORNERS, 2022.5).directions.shape == (0, 3)


@pytest.mark.parametrize("answer", [None, "<html>an error</html>\nof the service"])
def test_no_catalogue_is_told(service, answer):
    service[1][0] = answer
    with pytest.raises(NoCatalogError, match=r"GAIADR3: no catalogue from http://127\.0\.0\.1"):
        gaia_sources("GAIADR3", CORNERS, 2022.5)


def test_no_network_is_told(monkeypatch):
    monkeypatch.setenv("ASTROMETRIC_CATALOG_URL", "http://127.0.0.1:9")
    with pytest.raises(NoCatalogError, match="no catalogue from"):
        gaia_sources("GAIADR3", CORNERS, 2022.5)
