# SPDX-License-Identifier: Apache-2.0
"""What is left of a stream's oldest rows after `prune`: enough for the chain to go on and be verified."""

import hashlib

import msgspec

from statemachines.record import Record
from statemachines.values import Value, canonical


class Checkpoint(Value, frozen=True, kw_only=True):
    """A stream up to and with row `log_seq`, whose digest the next row's `prev` must be.

    `at_ns` is that row's time, `rows` counts all rows that were pruned, `value` is the hall's canonical JSON
    after that row ("" where nobody folded it), `seal` = sha256 over the rest.
    """

    stream: str
    log_seq: int
    at_ns: int
    digest: str
    rows: int
    value: str = ""
    seal: str = ""

    def sealed(self) -> "Checkpoint":
        return msgspec.structs.replace(self, seal=self.expected_seal())

    def expected_seal(self) -> str:
        return hashlib.sha256(canonical(msgspec.structs.replace(self, seal=""))).hexdigest()


LogItem = Record | Checkpoint
"""What a log consists of, in the order in which it is exported: checkpoints first, then rows by `pos`."""
