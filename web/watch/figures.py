# SPDX-License-Identifier: Apache-2.0
"""What the watch measures of itself."""

from prometheus_client import Counter

from web.metrics.own import OWN
from web.watch.models import Channel

TELLINGS = Counter(
    "projectionist_web_tellings",
    "Messages about alarms, by channel: told, failed (and sent again), or given up.",
    ["channel", "outcome"],
    registry=OWN,
)
for _channel in Channel:
    for _outcome in ("told", "failed", "given_up"):
        TELLINGS.labels(_channel.value, _outcome)  # there from the start: a rate needs a zero
