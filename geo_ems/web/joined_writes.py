"""Answers that leave in one piece: uvicorn writes head and body one after the other, two calls of the system."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

_HELD_BYTES = 65_536


class JoinedTransport(asyncio.Transport):
    """A transport that holds what is written until the step of the event loop ends, and writes it at once."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Write to this transport."""
        super().__init__()
        self._transport = transport
        self._held: list[bytes | bytearray | memoryview] = []
        self._held_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write soon; at once where much is held already."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self._flush)
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > _HELD_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what is held, and close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close without writing what is held."""
        self._held.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Return whether it is closing or closed."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what the transport knows of itself."""
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol go on with the connection."""
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of the connection."""
        return self._transport.get_protocol()

    def is_reading(self) -> bool:
        """Return whether it takes data in."""
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        """Take nothing in for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take data in again."""
        self._transport.resume_reading()

    def _flush(self) -> None:
        if not self._held:
            return
        held, self._held, self._held_bytes = self._held, [], 0
        if not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))


class JoinedH11Protocol(H11Protocol):
    """HTTP/1.1 by h11, with the head and the body of an answer written together."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin with a connection."""
        super().connection_made(JoinedTransport(transport))
