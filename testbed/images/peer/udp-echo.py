"""Sends one datagram and prints the answer. A datagram may be lost, so it is sent again each second.

usage: udp-echo.py HOST PORT TEXT [TRIES]
"""
import socket
import sys

host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
tries = int(sys.argv[4]) if len(sys.argv) > 4 else 5
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.settimeout(1)
    sender.connect((host, port))
    for _ in range(tries):
        try:
            sender.send(text.encode())
            print(sender.recv(65536).decode())
            sys.exit(0)
        except OSError:
            continue
print("no answer", file=sys.stderr)
sys.exit(1)
