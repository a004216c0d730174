# SPDX-License-Identifier: Apache-2.0
"""What people read when an alarm is told, in the site's time. Pure."""

from collections.abc import Sequence

from statemachines.alarms import Alarm
from statemachines.say import moment
from web.sight.speech import Speech
from web.watch.waiting import Ended


def of_raised(alarm: Alarm, folded: Sequence[Alarm], speech: Speech, now_ns: int) -> str:
    """Return the sentences for an alarm that nobody has acknowledged."""
    said = [f"{_sentence(alarm.words)} It is so since {moment(alarm.since_ns)}, and nobody has acknowledged it."]
    if folded:
        said.append(f"With it: {'; '.join(each.words for each in folded)}.")
    return speech.say(" ".join(said), now_ns)


def of_ended(ended: Ended, words: str, until_ns: int, speech: Speech, now_ns: int) -> str:
    """Return the sentences for what was told with these `words` and is over."""
    how = {
        Ended.ACKNOWLEDGED: "A person has acknowledged it.",
        Ended.RETURNED: "Its cause is gone; nobody has acknowledged it.",
        Ended.SHELVED: f"A person has shelved it until {moment(until_ns)}.",
        Ended.GONE: "It is over.",
    }[ended]
    return speech.say(f"{how} It was: {words}", now_ns)


def of_dead(beat_ns: int, speech: Speech, now_ns: int) -> str:
    """Return the sentences for a controller that has shown no life since `beat_ns`."""
    said = (
        f"The controller has shown no life since {moment(beat_ns)}. A show that runs goes on to the end of its reel, "
        "but nobody watches it and nothing can be asked of any hall. Start projectionist run."
    )
    return speech.say(said, now_ns)


def _sentence(words: str) -> str:
    words = " ".join(words.split()) or "an alarm without words"
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith(('.', '!', '?')) else '.'}"
