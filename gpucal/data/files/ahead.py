"""An image that another thread reads, while this one finds references and loads kernels."""

from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread

from gpucal.backend.traffic import count_to_device, traffic
from gpucal.data.files.outline import StoredImage


class ImageAhead:
    """An image on its way from its file to the backend; it is used in the place of a `StoredImage`.

    Parameters
    ----------
    stored : StoredImage
        The image. It is read from now on, to the backend that is in use when this is made.
    what : str
        What its bytes are counted as, in the thread that uses the image: a name of `gpucal.backend.traffic`.

    Notes
    -----
    A program may end before the image is read: it does not wait for the thread.
    """

    def __init__(self, stored: StoredImage, what: str):
        self.shape = stored.shape
        self._read = Future()
        Thread(target=copy_context().run, args=(self._run, stored, what), daemon=True).start()

    def _run(self, stored: StoredImage, what: str) -> None:
        try:
            self._read.set_result((stored.load(what), traffic().to_device[what]))
        except BaseException as error:
            self._read.set_exception(error)

    def load(self, what: str):
        """The image on the backend; waits until it is there, and raises what its reading raised."""
        image, nbytes = self._read.result()
        count_to_device(what, nbytes)
        return image
