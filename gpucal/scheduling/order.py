"""Which exposure comes next: those that share references follow one another."""

import hashlib
import json
import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from gpucal.associations import AssociationError, read_association

# The keywords of the primary header on which CRDS selects most references, and those that size the arrays.
KEYWORDS = (
    "INSTRUME",
    "DETECTOR",
    "SUBARRAY",
    "READPATT",
    "EXP_TYPE",
    "FILTER",
    "PUPIL",
    "GRATING",
    "CHANNEL",
    "BAND",
    "NGROUPS",
)
Key = tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """One exposure of a batch, or one association with all that its products are made of.

    Attributes
    ----------
    input : Path
        The file.
    key : tuple of str
        Values of keywords; exposures with the same key use the same references.
    size, mtime_ns : int or None
        Its size in bytes, and when it was last changed; None if it is not there.
    filename : str or None
        The name that its header gives it.
    products : tuple of str
        The names of the products of an association.
    members : str or None
        A checksum of the names, sizes and times of all members of an association.
    attempt : int
        Which try this is, from 1.
    """

    input: Path
    key: Key
    size: int | None = None
    mtime_ns: int | None = None
    filename: str | None = None
    products: tuple[str, ...] = ()
    members: str | None = None
    attempt: int = 1


def job_of(path: Path) -> Job:
    """The job of a file, from its primary header alone; a file that cannot be read has an empty key."""
    state = _state(path)
    if None in state:
        return Job(path, ())
    if path.suffix.lower() == ".json":
        return _job_of_association(path, *state)
    header = _header(path)
    return Job(path, _key(header), *state, header.get("FILENAME"))


def _job_of_association(path: Path, size: int, mtime_ns: int) -> Job:
    """The job of an association; the first science member has its key."""
    try:
        products = read_association(path).products
    except AssociationError:  # told when its turn has come
        return Job(path, (), size, mtime_ns)
    members = [member.path for product in products for member in product.members]
    states = json.dumps([(str(member), *_state(member)) for member in members])
    science = [member for product in products for member in product.science]
    key = _key(_header(science[0])) if science else ()
    names = tuple(product.name for product in products)
    return Job(path, key, size, mtime_ns, None, names, hashlib.sha256(states.encode()).hexdigest())


def _state(path: Path) -> tuple[int, int] | tuple[None, None]:
    """Size, and time of the last change; None if it is not there."""
    try:
        state = os.stat(path)
    except OSError:
        return None, None
    return state.st_size, state.st_mtime_ns


def _header(path: Path) -> fits.Header | dict:
    try:
        return fits.getheader(path)
    except Exception:  # whatever is wrong with the file is told when its turn has come
        return {}


def _key(header: fits.Header | dict) -> Key:
    return tuple(str(header.get(keyword, "")) for keyword in KEYWORDS) if header else ()


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """The jobs, sorted so that those with the same key follow one another; among these, in the order given."""
    return sorted(jobs, key=lambda job: job.key)


class JobQueue:
    """The jobs that wait, those with the same key together.

    Parameters
    ----------
    jobs : iterable of Job
        In order.
    """

    def __init__(self, jobs: Iterable[Job]):
        self._waiting: dict[Key, deque[Job]] = {}
        for job in jobs:
            self._waiting.setdefault(job.key, deque()).append(job)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def take(self, key: Key | None = None, others: Collection[Key] = ()) -> Job | None:
        """The next job for a worker; None if there is none.

        Parameters
        ----------
        key : tuple of str, optional
            The key of the worker's last job: one of the same key is preferred.
        others : collection of tuple of str
            The keys that other workers are busy with: if possible, the job has none of these.
        """
        for wanted in self._preferred(key, others):
            if wanted in self._waiting:
                jobs = self._waiting[wanted]
                job = jobs.popleft()
                if not jobs:
                    del self._waiting[wanted]
                return job
        return None

    def _preferred(self, key: Key | None, others: Collection[Key]) -> Iterator[Key | None]:
        yield key
        yield next((wanted for wanted in self._waiting if wanted not in others), None)
        yield next(iter(self._waiting), None)
