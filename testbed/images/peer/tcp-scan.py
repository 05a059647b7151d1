"""Prints the TCP ports that take a connection, and on stderr how many said nothing at all.

usage: tcp-scan.py HOST FIRST LAST [AT_ONCE] [WAIT] [TRIES]
At most AT_ONCE tries are under way; each gets WAIT seconds. A port that says nothing is tried TRIES times, because a packet may
be lost; whoever refuses has answered.
"""
import errno
import os
import select
import socket
import sys
import time
from collections import deque

host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
at_once = int(sys.argv[4]) if len(sys.argv) > 4 else 256
wait = float(sys.argv[5]) if len(sys.argv) > 5 else 3.0
tries = int(sys.argv[6]) if len(sys.argv) > 6 else 1
family = socket.AF_INET6 if ":" in host else socket.AF_INET

found = []
silent = 0
left = deque((port, 1) for port in range(first, last + 1))
# By descriptor; and in the order in which they began, for those that nobody answers.
waiting = {}
begun = deque()
poll = select.epoll()


def end(probe):
    poll.unregister(probe.fileno())
    del waiting[probe.fileno()]
    probe.close()


while left or waiting:
    while left and len(waiting) < at_once:
        port, nth = left.popleft()
        probe = socket.socket(family, socket.SOCK_STREAM)
        probe.setblocking(False)
        error = probe.connect_ex((host, port))
        # An address that nothing can be sent to at all would look like one where everything is open.
        if error not in (0, errno.EINPROGRESS, errno.ECONNREFUSED):
            sys.exit(f"port {port}: {os.strerror(error)}")
        if error == errno.ECONNREFUSED:
            probe.close()
            continue
        waiting[probe.fileno()] = (probe, port)
        begun.append((time.monotonic(), probe, port, nth))
        poll.register(probe.fileno(), select.EPOLLOUT)
    for descriptor, _ in poll.poll(0.01):
        probe, port = waiting[descriptor]
        if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            found.append(port)
        end(probe)
    now = time.monotonic()
    while begun and (begun[0][1].fileno() < 0 or begun[0][0] + wait < now):
        _, probe, port, nth = begun.popleft()
        if probe.fileno() < 0:
            continue
        end(probe)
        if nth < tries:
            left.append((port, nth + 1))
        else:
            silent += 1
print(*sorted(found))
print(silent, file=sys.stderr)
