"""What a step says of each block is said once, and with the block's integrations where blocks differ."""

import logging
from threading import Thread

from gpucal.core.log.block_log import BlockLog

log = logging.getLogger("gpucal.steps.made_up")
BLOCKS = (slice(0, 2), slice(2, 4), slice(4, 5))


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_lines_that_all_blocks_say_are_said_once(caplog):
    caplog.set_level(logging.INFO)
    kept = BlockLog()
    for block in BLOCKS:
        with kept.keep(block):
            log.info("limit %d", 7)
            log.warning("%d pixels", block.start)
    assert messages(caplog) == []
    kept.tell()
    assert messages(caplog) == [
        "limit 7",
        "Integrations 1 to 2: 0 pixels",
        "Integrations 3 to 4: 2 pixels",
        "Integrations 5 to 5: 4 pixels",
    ]
    assert [record.levelno for record in caplog.records][:2] == [logging.INFO, logging.WARNING]
    assert {record.name for record in caplog.records} == {log.name}
    kept.tell()
    assert len(messages(caplog)) == 4


def test_lines_of_other_threads_pass(caplog):
    caplog.set_level(logging.INFO)
    with BlockLog().keep(BLOCKS[0]):
        log.info("mine")
        other = Thread(target=log.info, args=("of another exposure",))
        other.start()
        other.join()
    assert messages(caplog) == ["of another exposure"]
    log.info("later")
    assert messages(caplog)[-1] == "later"


def test_handlers_that_come_and_go_meanwhile(caplog):
    """Other threads begin and end runs, each with a handler of its own, while this one keeps its lines."""
    caplog.set_level(logging.INFO)
    package, heard = logging.getLogger("gpucal"), []
    before = list(package.handlers)
    theirs = logging.Handler()
    theirs.emit = lambda record: heard.append(record.getMessage())
    blocks = [BlockLog().keep(block) for block in BLOCKS[:2]]
    in_thread(blocks[0].__enter__, lambda: log.info("kept"))
    with blocks[1]:
        in_thread(lambda: package.addHandler(theirs), lambda: log.info("heard"))
        log.info("kept")
    log.info("heard, too")
    in_thread(lambda: package.removeHandler(theirs))
    assert heard == ["heard", "heard, too"]
    assert package.handlers == before and package.propagate


def in_thread(*functions):
    thread = Thread(target=lambda: [function() for function in functions])
    thread.start()
    thread.join()
