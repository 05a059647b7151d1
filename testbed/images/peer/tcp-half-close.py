"""Sends text, closes its sending side, and prints what comes back until the end: half-close must survive the path.

usage: tcp-half-close.py HOST PORT TEXT
"""
import socket
import sys

host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.create_connection((host, port), timeout=10) as connection:
    connection.sendall(text.encode())
    connection.shutdown(socket.SHUT_WR)
    while chunk := connection.recv(65536):
        sys.stdout.buffer.write(chunk)
