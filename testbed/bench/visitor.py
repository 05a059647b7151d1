"""Visits web servers from inside a device of the tailnet, told line by line what to do, so that no process starts while
time is taken.

`visit TIMEOUT HOST PORT…` tries every port, by name and each time anew, until all have answered HTTP once. Prints `polling`
when the first try is over, `answered` when the last port has answered.
"""
import socket
import sys
import threading
import time

WORKERS = 16
# The resolution of the figures; without it the polling itself would take the processor from what is measured.
PAUSE_SECONDS = 0.003


def answers(host, port, timeout):
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(16).startswith(b"HTTP/1.")
    except OSError:
        return False


def visit(timeout, host, ports):
    pending = list(ports)
    polling = threading.Event()

    def work():
        while pending:
            try:
                port = pending.pop(0)
            except IndexError:
                return
            if not answers(host, port, timeout):
                pending.append(port)
                polling.set()
                time.sleep(PAUSE_SECONDS)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(WORKERS, len(ports)))]
    for worker in workers:
        worker.start()
    while not polling.wait(0.01) and any(worker.is_alive() for worker in workers):
        pass
    print("polling", flush=True)
    for worker in workers:
        worker.join()
    print("answered", flush=True)


for line in sys.stdin:
    _, timeout, host, *ports = line.split()
    visit(float(timeout), host, [int(port) for port in ports])
