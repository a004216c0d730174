# SPDX-License-Identifier: Apache-2.0
"""What a booth refuses, in words for the person who asked."""


class BoothRefused(Exception):
    """A plan that cannot be carried out."""


class HandRefused(Exception):
    """A hand's wish that the hardware's state does not allow, or that is no wish at all."""
