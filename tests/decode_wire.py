#!/usr/bin/env python3
"""Decodes a stream of Hearth's postcard messages, from nothing but the layout that src/encode/wire/layout.rs describes.

    decode_wire.py < frames

Prints a line of JSON for each message, and behind each snapshot and delta a line for each series:

    [index, name, part, {label: value}, number as text or null, reason or null]

Input that does not follow the layout ends in one line on standard error and exit status 1.
"""

import json
import sys

VERSION = 1
KINDS = ["counter", "gauge", "info", "histogram", "unknown"]
PARTS = ["value", "bucket", "sum", "count"]
REASONS = [
    "pending", "absent", "no_permission", "not_counted", "io_error", "out_of_range", "uncertain", "stale", "gone",
]
LOWEST = -9223372036854775792


class Bad(Exception):
    """The input does not follow the layout."""


class Input:
    """Bytes, read from the front."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, length):
        if length > self.left():
            raise Bad(f"{length} bytes wanted at {self.at}, {self.left()} left")
        self.at += length
        return self.data[self.at - length : self.at]

    def u8(self):
        return self.take(1)[0]

    def varint(self):
        value = 0
        for place in range(10):
            byte = self.u8()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if value >= 1 << 64:
                    break
                return value
        raise Bad(f"number of more than 64 bits before {self.at}")

    def zigzag(self):
        code = self.varint()
        return code // 2 if code % 2 == 0 else -(code + 1) // 2

    def bytes(self):
        return self.take(self.varint())

    def text(self):
        return self.bytes().decode("utf-8")

    def list(self, element):
        return [element() for _ in range(self.varint())]

    def choice(self, names):
        number = self.varint()
        if number >= len(names):
            raise Bad(f"variant {number} before {self.at}, {len(names)} known")
        return names[number]

    def reason(self):
        code = self.u8()
        if code >= len(REASONS):
            raise Bad(f"reason {code} before {self.at}")
        return REASONS[code]


def metric(data):
    return {
        "name": data.text(),
        "kind": data.choice(KINDS),
        "unit": data.text(),
        "mul": data.varint(),
        "decimals": data.u8(),
        "labels": data.list(data.text),
        "help": data.text(),
    }


def series(data):
    return {
        "index": data.varint(),
        "metric": data.varint(),
        "part": data.choice(PARTS),
        "labels": data.list(data.text),
    }


def value(number):
    """A value as 64 bits hold it."""
    number = (number + (1 << 63)) % (1 << 64) - (1 << 63)
    if number < LOWEST:
        raise Bad(f"{number} is no value")
    return number


def whole_words(body, count):
    """The words of a snapshot's body: numbers, and reasons as text."""
    data, words = Input(body), []
    while data.left():
        header = data.varint()
        length, kind = header // 4, header % 4
        if length < 1 or len(words) + length > count:
            raise Bad(f"run of {length} words before {data.at}")
        if kind == 0:
            words += [value(data.zigzag()) for _ in range(length)]
        elif kind == 1:
            words += [0] * length
        elif kind == 2:
            words += [data.reason()] * length
        else:
            raise Bad(f"run of kind {kind} before {data.at}")
    if len(words) != count:
        raise Bad(f"{len(words)} words for {count} series")
    return words


def changed_words(body, words):
    """The words after a delta's body."""
    data, words, at = Input(body), list(words), 0
    while data.left():
        at += data.varint()
        header = data.varint()
        length, kind = header // 2, header % 2
        if length < 1 or at + length > len(words):
            raise Bad(f"run of {length} words before {data.at}")
        if kind == 1:
            words[at : at + length] = [data.reason()] * length
        else:
            for position in range(at, at + length):
                before = words[position]
                words[position] = value((0 if isinstance(before, str) else before) + data.zigzag())
        at += length
    return words


def number_text(word, mul, decimals):
    """word * mul / 10^decimals, exactly and as short as possible."""
    digits = word * mul
    sign, digits = ("-" if digits < 0 else ""), abs(digits)
    whole, part = divmod(digits, 10**decimals)
    part = str(part).rjust(decimals, "0").rstrip("0") if decimals else ""
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def show(row):
    print(json.dumps(row, separators=(",", ":"), ensure_ascii=False))


class Client:
    """What the messages so far have built."""

    def __init__(self):
        self.known = None
        self.words = None
        self.monotonic_ns = None

    def message(self, data):
        kind = data.choice(["schema", "snapshot", "delta", "gap"])
        version = data.u8()
        if version != VERSION:
            raise Bad(f"layout version {version}")
        getattr(self, kind)(data)
        if data.left():
            raise Bad(f"{data.left()} bytes behind a message")

    def gap(self, data):
        show({"gap": data.varint()})

    def schema(self, data):
        schema = {
            "hash": data.varint(),
            "metrics": data.list(lambda: metric(data)),
            "series": data.list(lambda: series(data)),
        }
        self.known, self.words = schema, None
        show({"schema": f"{schema['hash']:016x}", "metrics": schema["metrics"]})

    def of_schema(self, data):
        schema_hash = data.varint()
        if self.known is None or schema_hash != self.known["hash"]:
            raise Bad(f"unknown schema {schema_hash:016x}")

    def snapshot(self, data):
        self.of_schema(data)
        monotonic_ns, realtime_ns = data.varint(), data.varint()
        self.words = whole_words(data.bytes(), len(self.known["series"]))
        self.shown("snapshot", monotonic_ns, realtime_ns)

    def delta(self, data):
        self.of_schema(data)
        base_monotonic_ns, monotonic_ns, realtime_ns = data.varint(), data.varint(), data.varint()
        if self.words is None or base_monotonic_ns != self.monotonic_ns:
            raise Bad(f"delta for the unknown moment {base_monotonic_ns}")
        self.words = changed_words(data.bytes(), self.words)
        self.shown("delta", monotonic_ns, realtime_ns)

    def shown(self, kind, monotonic_ns, realtime_ns):
        self.monotonic_ns = monotonic_ns
        show({kind: f"{self.known['hash']:016x}", "monotonic_ns": monotonic_ns, "realtime_ns": realtime_ns})
        for entry, word in zip(self.known["series"], self.words):
            of = self.known["metrics"][entry["metric"]]
            keys = of["labels"] + (["le"] if entry["part"] == "bucket" else [])
            scaled = entry["part"] in ("value", "sum")
            mul, decimals = (of["mul"], of["decimals"]) if scaled else (1, 0)
            missing = isinstance(word, str)
            text = None if missing else number_text(word, mul, decimals)
            labels = dict(zip(keys, entry["labels"]))
            show([entry["index"], of["name"], entry["part"], labels, text, word if missing else None])


def main():
    data, client = Input(sys.stdin.buffer.read()), Client()
    try:
        while data.left():
            length = int.from_bytes(data.take(4), "little")
            if length == 0:
                raise Bad("an empty frame")
            client.message(Input(data.take(length)))
    except (Bad, UnicodeDecodeError, IndexError) as error:
        sys.exit(f"not a stream of Hearth's: {error}")


if __name__ == "__main__":
    main()
