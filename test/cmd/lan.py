"""The other ends for tests of networks (lan.bash): a server on TCP and UDP, and its client."""
import selectors
import socket
import sys


def serve(name, port, address):
    waiting = selectors.DefaultSelector()
    for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        if kind == socket.SOCK_STREAM:
            s.listen(100)
        waiting.register(s, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            s = key.fileobj
            if s.type == socket.SOCK_DGRAM:
                _, peer = s.recvfrom(100)
                s.sendto(f"{name} from {peer[0]}\n".encode(), peer)
            else:
                c, peer = s.accept()
                try:
                    c.sendall(f"{name} from {peer[0]}\n".encode())
                    c.recv(100)
                except OSError:
                    pass  # the client has gone
                c.close()


def ask(address, port, protocol, seconds):
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    s = socket.socket(socket.AF_INET, kind)
    s.settimeout(seconds)
    try:
        s.connect((address, port))
        s.send(b"x")
        sys.stdout.write(s.recv(100).decode())
    except OSError as e:
        sys.exit(f"{address}:{port}: {e}")


def ping(address):
    """As a user without privileges can: by a datagram socket."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    s.settimeout(5)
    s.sendto(b"\x08\0\0\0\0\0\0\1hello", (address, 0))
    sys.stdout.write(f"{s.recvfrom(100)[1][0]}\n")


def names(address, port, **known):
    """A name server with an address for each of some names, and for no others."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    while True:
        query, peer = s.recvfrom(512)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        found = known.get(".".join(labels)) if question[-4:-2] == b"\0\1" else None
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(found) if found else b""
        flags = b"\x81\x80" if ".".join(labels) in known else b"\x81\x83"
        s.sendto(query[:2] + flags + b"\0\1\0" + bytes([bool(found)]) + b"\0\0\0\0" + question + answer, peer)


def arp(mac, address, target, sender="", to="ff:ff:ff:ff:ff:ff"):
    """Tells everybody, as a request and as a reply, that the address is at mac."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("eth0", 0))
    sender = bytes.fromhex((sender or mac).replace(":", ""))
    mac, address = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address)
    for operation in b"\0\1", b"\0\2":
        s.send(bytes.fromhex(to.replace(":", "")) + sender + b"\x08\x06" + b"\0\1\x08\0\6\4" + operation + mac + address
               + b"\xff" * 6 + socket.inet_aton(target))


if sys.argv[1] == "arp":
    arp(*sys.argv[2:])
elif sys.argv[1] == "ping":
    ping(sys.argv[2])
elif sys.argv[1] == "names":
    names(sys.argv[2], int(sys.argv[3]), **dict(name.split("=") for name in sys.argv[4:]))
elif sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    ask(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
