"""Prints the TCP ports that take a connection. A new one is tried A_SECOND times a second; each gets WAIT seconds.

usage: tcp-scan.py HOST FIRST LAST [A_SECOND] [WAIT]
"""
import errno
import os
import select
import socket
import sys
import time
from collections import deque

host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
a_second = float(sys.argv[4]) if len(sys.argv) > 4 else 2_000
wait = float(sys.argv[5]) if len(sys.argv) > 5 else 3.0
family = socket.AF_INET6 if ":" in host else socket.AF_INET

found = []
# By descriptor; and in the order in which they began, for those that nobody answers.
waiting = {}
begun = deque()
poll = select.epoll()


def give_up(probe):
    poll.unregister(probe.fileno())
    del waiting[probe.fileno()]
    probe.close()


port = first
next_at = time.monotonic()
while port <= last or waiting:
    now = time.monotonic()
    while port <= last and next_at <= now:
        probe = socket.socket(family, socket.SOCK_STREAM)
        probe.setblocking(False)
        error = probe.connect_ex((host, port))
        # An address that nothing can be sent to at all would look like one where everything is open.
        if error not in (0, errno.EINPROGRESS, errno.ECONNREFUSED):
            sys.exit(f"port {port}: {os.strerror(error)}")
        if error == errno.ECONNREFUSED:
            probe.close()
        else:
            waiting[probe.fileno()] = (probe, port)
            begun.append((now, probe))
            poll.register(probe.fileno(), select.EPOLLOUT)
        port += 1
        next_at += 1 / a_second
    while begun and (begun[0][1].fileno() < 0 or begun[0][0] + wait < now):
        _, probe = begun.popleft()
        if probe.fileno() >= 0:
            give_up(probe)
    for descriptor, _ in poll.poll(0.01):
        probe, tried = waiting[descriptor]
        if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            found.append(tried)
        give_up(probe)
print(*sorted(found))
