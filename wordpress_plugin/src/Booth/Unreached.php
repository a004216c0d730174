<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * There was no connection to the server, so it heard nothing.
 */
final class Unreached extends Unanswered
{
}
