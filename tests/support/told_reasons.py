# SPDX-License-Identifier: Apache-2.0
"""Why releases were not taken, in words that real servers were seen to give; the pages must print them as they are."""

BEFORE = {
    "for another kernel": "build it for that one",
    "tampered with": "it was changed after it was signed",
    "unsigned": "it is not signed",
    "signed by a stranger": "it is signed by somebody unknown",
    "no space": "are needed: make room",
}
"""Nothing of it reached the server. What a module for another build of the same kernel is told names that kernel."""

AFTER = {
    "mute": "no heartbeat was heard from 2 of 2 devices within 5 s",
    "foreign": "speaks ABI 99, the release says 1 to 1",
    "sick": "the self-test is not as it must be: hall h1 (projection): failed:thread",
    "unlocked": "hall h1 (projection): 'dowser open' was answered 'ok', not refused:interlock",
    "still": "the self-test is not as it must be: hall h1 (projection): failed:interlock",
    "oopsing": "server booth1 started again after the new module was loaded",
    "film": "film is in the path of hall h1",
}
"""It was taken back."""
