#!/usr/bin/python3
"""Reads an exposition from standard input with the official Prometheus client's parser and prints what it understood.

    check_exposition.py openmetrics|text < exposition

One line of JSON a sample: family, type, unit, sample, labels, value. Exit 1 with the parser's words if the exposition is
not valid. Needs Debian's python3-prometheus-client.
"""

import json
import sys

try:
    from prometheus_client import parser
    from prometheus_client.openmetrics import parser as openmetrics_parser
except ImportError as error:
    sys.exit(f"{error}: install the Debian package python3-prometheus-client")


def main():
    parsers = {
        "openmetrics": openmetrics_parser.text_string_to_metric_families,
        "text": parser.text_string_to_metric_families,
    }
    if len(sys.argv) != 2 or sys.argv[1] not in parsers:
        sys.exit(__doc__)
    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        for family in parsers[sys.argv[1]](text):
            for sample in family.samples:
                row = [family.name, family.type, family.unit, sample.name, sample.labels, float(sample.value)]
                print(json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    except ValueError as error:
        sys.exit(f"not valid: {error}")


if __name__ == "__main__":
    main()
