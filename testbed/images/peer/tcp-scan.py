"""Prints the TCP ports that take a connection. Many are tried at once; each gets WAIT seconds.

usage: tcp-scan.py HOST FIRST LAST [AT_ONCE] [WAIT]
"""
import errno
import os
import select
import socket
import sys
import time

host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
at_once = int(sys.argv[4]) if len(sys.argv) > 4 else 256
wait = float(sys.argv[5]) if len(sys.argv) > 5 else 3.0
family = socket.AF_INET6 if ":" in host else socket.AF_INET
found = []
for begin in range(first, last + 1, at_once):
    waiting = {}
    poll = select.poll()
    for port in range(begin, min(begin + at_once, last + 1)):
        probe = socket.socket(family, socket.SOCK_STREAM)
        probe.setblocking(False)
        error = probe.connect_ex((host, port))
        # An address that nothing can be sent to at all would look like one where everything is open.
        if error not in (0, errno.EINPROGRESS, errno.ECONNREFUSED):
            sys.exit(f"port {port}: {os.strerror(error)}")
        if error == errno.ECONNREFUSED:
            continue
        waiting[probe.fileno()] = (probe, port)
        poll.register(probe, select.POLLOUT)
    deadline = time.monotonic() + wait
    while waiting and time.monotonic() < deadline:
        for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            probe, port = waiting.pop(descriptor)
            poll.unregister(descriptor)
            if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(port)
            probe.close()
    for probe, _ in waiting.values():
        probe.close()
print(*sorted(found))
