"""A client of the CRI, the interface by which a kubelet tells containerd what to run.

	cri.py SOCKET METHOD REQUEST [PATH]

REQUEST is JSON: an object is a message with its fields by number, a list is a repeated field. Prints the
field PATH of the response, such as 1.3 for field 3 of the message in field 1; 0 if the response lacks it.
The numbers are those of runtime.v1 (api.proto of https://github.com/kubernetes/cri-api).
"""
import json
import sys

import grpc


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def encode(message):
    out = b""
    for number, values in message.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, (bool, int)):
                out += varint(int(number) << 3) + varint(int(value))
                continue
            data = encode(value) if isinstance(value, dict) else value.encode()
            out += varint(int(number) << 3 | 2) + varint(len(data)) + data
    return out


def take_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return n, at


def find(data, number):
    """The first field with that number: an int or bytes."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        value, at = take_varint(data, at)
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        elif key & 7:
            raise ValueError("wire type %d" % (key & 7))
        if key >> 3 == number:
            return value
    return 0


def main():
    socket, method, request, *path = sys.argv[1:]
    with grpc.insecure_channel("unix:" + socket) as channel:
        call = channel.unary_unary("/runtime.v1.RuntimeService/" + method, request_serializer=encode)
        try:
            value = call(json.loads(request), timeout=60)
        except grpc.RpcError as failure:
            sys.exit("%s: %s" % (method, failure.details()))
    for number in path[0].split(".") if path else []:
        value = find(value, int(number)) if value else 0
    if path:
        print(value.decode() if isinstance(value, bytes) else value)


main()
