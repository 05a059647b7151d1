"""Opens connections one after another and prints how many a second; each sends a line and reads one back.

usage: tcp-burst.py HOST PORT SECONDS
"""
import socket
import sys
import time

host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
done = 0
began = time.monotonic()
while time.monotonic() - began < seconds:
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(b"PING\r\n")
        connection.recv(64)
    done += 1
print(f"{done / (time.monotonic() - began):.1f}")
