from threading import Thread

import pytest
from live_fakes import wait_until

from livestyle.frame_queue import Closed, FrameQueue, QueuePolicy


def test_newest_replaces_and_counts() -> None:
    slot: FrameQueue[int] = FrameQueue(QueuePolicy.LATEST_ONLY)
    assert [slot.put(n) for n in range(5)] == [False, True, True, True, True]
    assert slot.get() == 4
    assert slot.dropped == 4


def test_every_loses_nothing_between_threads() -> None:
    slot: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED)

    def put_all() -> None:
        for n in range(2000):
            slot.put(n)
        slot.close()

    thread = Thread(target=put_all)
    thread.start()
    taken = []
    with pytest.raises(Closed):
        while True:
            taken.append(slot.get(5))
    thread.join()
    assert taken == list(range(2000))
    assert slot.dropped == 0


def test_every_is_bounded() -> None:
    slot: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED, capacity=2)
    outcome: list[str] = []

    def put_three() -> None:
        try:
            for n in range(3):
                slot.put(n)
                outcome.append("in")
        except Closed:
            outcome.append("closed")

    thread = Thread(target=put_three)
    thread.start()
    wait_until(lambda: len(outcome) == 2)
    thread.join(0.05)
    assert thread.is_alive(), "the third must wait"
    slot.close()
    thread.join(5)
    assert outcome == ["in", "in", "closed"]
    assert [slot.get(), slot.get()] == [0, 1], "what is inside survives close"
    with pytest.raises(Closed):
        slot.get()


@pytest.mark.parametrize("policy", QueuePolicy)
def test_close_wakes_who_waits_to_take(policy: QueuePolicy) -> None:
    slot: FrameQueue[int] = FrameQueue(policy)
    woken = []

    def take() -> None:
        with pytest.raises(Closed):
            slot.get()
        woken.append(True)

    threads = [Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    slot.close()
    for thread in threads:
        thread.join(5)
    assert len(woken) == 3


@pytest.mark.parametrize("policy", QueuePolicy)
def test_abort_throws_away(policy: QueuePolicy) -> None:
    slot: FrameQueue[int] = FrameQueue(policy)
    slot.put(1)
    slot.abort()
    with pytest.raises(Closed):
        slot.get(0)
    with pytest.raises(Closed):
        slot.put(2)


def test_get_times_out() -> None:
    with pytest.raises(TimeoutError):
        FrameQueue[int](QueuePolicy.BOUNDED).get(0.01)


def test_an_offer_never_waits() -> None:
    slot: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED, capacity=2)
    assert [slot.offer(n) for n in range(4)] == [True, True, False, False]
    assert slot.get() == 0
    assert slot.offer(9)
    slot.close()
    with pytest.raises(Closed):
        slot.offer(10)
    assert [slot.get(), slot.get()] == [1, 9]
