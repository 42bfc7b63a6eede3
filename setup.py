"""Which folders of the checkout are which packages; all else stands in pyproject.toml."""

from setuptools import find_packages, setup

FOLDERS = {"gpucal": "gpucal", "gpucal.cfg": "cfg", "gpucal.kernels": "kernels", "gpucal.pipelines": "pipelines"}

setup(
    package_dir=FOLDERS,
    packages=[
        name
        for package, folder in FOLDERS.items()
        for name in (package, *(f"{package}.{inside}" for inside in find_packages(folder)))
    ],
)
