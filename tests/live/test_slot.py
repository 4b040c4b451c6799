from threading import Thread

import pytest
from live_fakes import wait_until

from livestyle.live.slot import Closed, Policy, Slot


def test_newest_replaces_and_counts() -> None:
    slot: Slot[int] = Slot(Policy.NEWEST)
    assert [slot.put(n) for n in range(5)] == [False, True, True, True, True]
    assert slot.get() == 4
    assert slot.dropped == 4


def test_every_loses_nothing_between_threads() -> None:
    slot: Slot[int] = Slot(Policy.EVERY)

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
    slot: Slot[int] = Slot(Policy.EVERY, capacity=2)
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


@pytest.mark.parametrize("policy", Policy)
def test_close_wakes_who_waits_to_take(policy: Policy) -> None:
    slot: Slot[int] = Slot(policy)
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


@pytest.mark.parametrize("policy", Policy)
def test_abort_throws_away(policy: Policy) -> None:
    slot: Slot[int] = Slot(policy)
    slot.put(1)
    slot.abort()
    with pytest.raises(Closed):
        slot.get(0)
    with pytest.raises(Closed):
        slot.put(2)


def test_get_times_out() -> None:
    with pytest.raises(TimeoutError):
        Slot[int](Policy.EVERY).get(0.01)


def test_an_offer_never_waits() -> None:
    slot: Slot[int] = Slot(Policy.EVERY, capacity=2)
    assert [slot.offer(n) for n in range(4)] == [True, True, False, False]
    assert slot.get() == 0
    assert slot.offer(9)
    slot.close()
    with pytest.raises(Closed):
        slot.offer(10)
    assert [slot.get(), slot.get()] == [1, 9]
