"""A frame waits for no acknowledgement: whoever connects to this process is sent to at once."""

from __future__ import annotations

import socket

from playground.live.nodelay import send_at_once


def test_a_connection_takes_over_that_nothing_is_held_back():
    with socket.socket(
        socket.AF_INET, socket.SOCK_STREAM
    ) as listening:  # as Streamlit makes it: no protocol named
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert send_at_once() >= 1
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
