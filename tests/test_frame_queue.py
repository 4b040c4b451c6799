from threading import Thread

import pytest
from live_fakes import wait_until

from livestyle.frame_queue import Closed, FrameQueue, QueuePolicy


def test_latest_only_replaces() -> None:
    frames: FrameQueue[int] = FrameQueue(QueuePolicy.LATEST_ONLY)
    assert [frames.put(n) for n in range(5)] == [False, True, True, True, True]
    assert frames.get() == 4


def test_bounded_loses_nothing_between_threads() -> None:
    frames: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED)

    def put_all() -> None:
        for n in range(2000):
            frames.put(n)
        frames.close()

    thread = Thread(target=put_all)
    thread.start()
    taken = []
    with pytest.raises(Closed):
        while True:
            taken.append(frames.get(5))
    thread.join()
    assert taken == list(range(2000))


def test_bounded_is_bounded() -> None:
    frames: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED, capacity=2)
    outcome: list[str] = []

    def put_three() -> None:
        try:
            for n in range(3):
                frames.put(n)
                outcome.append("in")
        except Closed:
            outcome.append("closed")

    thread = Thread(target=put_three)
    thread.start()
    wait_until(lambda: len(outcome) == 2)
    thread.join(0.05)
    assert thread.is_alive(), "the third must wait"
    frames.close()
    thread.join(5)
    assert outcome == ["in", "in", "closed"]
    assert [frames.get(), frames.get()] == [0, 1], "what is inside survives close"
    with pytest.raises(Closed):
        frames.get()


@pytest.mark.parametrize("policy", QueuePolicy)
def test_close_wakes_who_waits_to_take(policy: QueuePolicy) -> None:
    frames: FrameQueue[int] = FrameQueue(policy)
    woken = []

    def take() -> None:
        with pytest.raises(Closed):
            frames.get()
        woken.append(True)

    threads = [Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    frames.close()
    for thread in threads:
        thread.join(5)
    assert len(woken) == 3


@pytest.mark.parametrize("policy", QueuePolicy)
def test_abort_throws_away(policy: QueuePolicy) -> None:
    frames: FrameQueue[int] = FrameQueue(policy)
    frames.put(1)
    frames.abort()
    with pytest.raises(Closed):
        frames.get(0)
    with pytest.raises(Closed):
        frames.put(2)


def test_get_times_out() -> None:
    with pytest.raises(TimeoutError):
        FrameQueue[int](QueuePolicy.BOUNDED).get(0.01)


def test_an_offer_never_waits() -> None:
    frames: FrameQueue[int] = FrameQueue(QueuePolicy.BOUNDED, capacity=2)
    assert [frames.offer(n) for n in range(4)] == [True, True, False, False]
    assert frames.get() == 0
    assert frames.offer(9)
    frames.close()
    with pytest.raises(Closed):
        frames.offer(10)
    assert [frames.get(), frames.get()] == [1, 9]
