"""One open connection to a run service: a greeting, then a question and an answer at a time."""

from __future__ import annotations

import select
from collections import deque
from typing import cast

from playground.runs import commands
from playground.runs.address import Address
from playground.runs.commands import PROTOCOL, Request
from playground.runs.reasons import ServiceDown
from playground.runs.wire import Assembler, Parcel, WireError, pack

TIMEOUT = 5.0  # seconds


class Connection:
    """One open connection to a service. Raises OSError as soon as it is broken."""

    def __init__(self, address: Address, timeout: float = TIMEOUT) -> None:
        """Connect and greet.

        Raises:
            OSError: if nobody answers.
            ServiceDown: if it is not our service.
        """
        self._assembler = Assembler()
        self._come: deque[Parcel] = deque()
        self._socket = address.connect(timeout)
        try:
            answer = self.ask(commands.Hello(protocol=PROTOCOL, token=address.token), timeout).body
            if "protocol" not in answer:
                raise ServiceDown("run.service_failed", reason=str(answer.get("error")))
        except BaseException:
            self.close()
            raise
        self.protocol = cast("int", answer["protocol"])

    def ask(self, request: Request, timeout: float) -> Parcel:
        """Return the answer to a request. Raises OSError."""
        self._socket.settimeout(timeout)
        self._socket.sendall(pack(request.plain()))
        while not self._come:
            data = self._socket.recv(1 << 18)
            if not data:
                raise ConnectionResetError("the run service has closed the connection")
            try:
                self._come.extend(self._assembler.feed(data))
            except WireError as error:
                raise ConnectionError(str(error)) from None
        return self._come.popleft()

    @property
    def alive(self) -> bool:
        """False if the service has closed the connection, as far as the kernel knows."""
        return not select.select([self._socket], [], [], 0)[0]

    def shut_down(self) -> None:
        """Ask the service to leave."""
        self.ask(commands.Shutdown(), TIMEOUT)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
