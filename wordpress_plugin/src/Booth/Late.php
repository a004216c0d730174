<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * The server was reached, and its answer did not come in time: what was asked may have been done.
 */
final class Late extends Unanswered
{
}
