"""Sixty-four clients each way at the shares of a node, from inside a device of the tailnet.

`clients.py HOST SECONDS CLIENTS FIRST_PORT PORTS` has as many clients fetching 64 KiB as sending 64 KiB, each on a new connection
and at the next port in turn. Prints `down` and `up`, each with the milliseconds of every exchange in the order they ended, and
`failed` for each that went wrong. The device has the smallest Python there is: no `json`.
"""
import socket
import sys
import threading
import time

host, seconds, clients, first, ports = sys.argv[1], *map(int, sys.argv[2:6])
SIZE = 65536
BODY = b"x" * SIZE
DOWN = b"GET /64k HTTP/1.0\r\nHost: share\r\n\r\n"
UP = b"POST / HTTP/1.0\r\nHost: share\r\nContent-Length: %d\r\n\r\n" % SIZE + BODY
address = socket.gethostbyname(host)
end = time.monotonic() + seconds
took = {"down": [], "up": []}
wrong = []


def exchange(port, way):
    with socket.create_connection((address, port), timeout=10) as connection:
        connection.sendall(DOWN if way == "down" else UP)
        answer = b""
        while True:
            chunk = connection.recv(SIZE)
            if not chunk:
                break
            answer += chunk
    if b" 200 " not in answer[:20]:
        raise OSError("answered " + repr(answer[:40]))
    if way == "down" and len(answer) < SIZE:
        raise OSError("only %d bytes came" % len(answer))


def client(number, way):
    turn = number
    while time.monotonic() < end:
        port = first + turn % ports
        turn += clients + 1
        began = time.monotonic()
        try:
            exchange(port, way)
            took[way].append(round((time.monotonic() - began) * 1000, 2))
        except OSError as error:
            wrong.append("%s at %d: %s" % (way, port, error))
            # Nothing is gained by failing ten thousand times a second.
            time.sleep(0.05)


threads = [
    threading.Thread(target=client, args=(number, way)) for way in ("down", "up") for number in range(clients)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for way, list_of_ms in took.items():
    print(way, *list_of_ms)
for one in wrong:
    print("failed", one)
