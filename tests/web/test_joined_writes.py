"""What is written in one step of the loop leaves at once; nothing is lost, and nothing comes after the end."""

import asyncio

from geo_ems.web.joined_writes import JoinedTransport
from geo_ems.web.kept_promises import KeptPromises


class _Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def test_head_and_body_leave_in_one_piece() -> None:
    async def write() -> list[bytes]:
        wire = _Wire()
        joined = JoinedTransport(wire)
        joined.write(b"head ")
        joined.write(b"body")
        assert wire.sent == []
        await asyncio.sleep(0)
        joined.write(b"next")
        await asyncio.sleep(0)
        return wire.sent

    assert asyncio.run(write()) == [b"head body", b"next"]


def test_a_large_answer_is_not_held_back() -> None:
    async def write() -> list[int]:
        wire = _Wire()
        joined = JoinedTransport(wire)
        for _ in range(5):
            joined.write(b"x" * 40_000)
        held = [len(part) for part in wire.sent]
        await asyncio.sleep(0)
        assert sum(len(part) for part in wire.sent) == 200_000
        return held

    assert asyncio.run(write()) == [80_000, 80_000]


def test_what_was_written_leaves_before_the_end_and_not_after_a_break() -> None:
    async def write() -> tuple[list[bytes], list[bytes]]:
        closed, broken = _Wire(), _Wire()
        for wire in (closed, broken):
            joined = JoinedTransport(wire)
            joined.write(b"last")
            joined.close() if wire is closed else joined.abort()
            assert joined.is_closing()
        await asyncio.sleep(0)
        return closed.sent, broken.sent

    assert asyncio.run(write()) == ([b"last"], [])


def test_promises_kept_in_another_thread_wake_the_loop_once() -> None:
    from concurrent.futures import Future
    from threading import Thread

    async def wait() -> tuple[list[object], int]:
        loop, woken = asyncio.get_running_loop(), 0
        plain = loop.call_soon_threadsafe

        def counted(*given: object) -> object:
            nonlocal woken
            woken += 1
            return plain(*given)  # type: ignore[arg-type]

        promises: list[Future[int]] = [Future() for _ in range(50)]
        kept = KeptPromises()
        waiting = [asyncio.ensure_future(kept.kept(promise)) for promise in promises]
        gone = asyncio.ensure_future(kept.kept(promises[7]))
        await asyncio.sleep(0)
        gone.cancel()
        loop.call_soon_threadsafe = counted  # type: ignore[method-assign,assignment]

        def keep() -> None:
            for number, promise in enumerate(promises):
                if number == 3:
                    promise.set_exception(ValueError("broken"))
                else:
                    promise.set_result(number)

        thread = Thread(target=keep)
        thread.start()
        thread.join()  # the loop stands still meanwhile, as it does under load
        found = await asyncio.gather(*waiting, return_exceptions=True)
        return list(found), woken

    found, woken = asyncio.run(wait())

    assert woken == 1
    assert isinstance(found[3], ValueError)
    assert [item for item in found if isinstance(item, int)] == [number for number in range(50) if number != 3]
