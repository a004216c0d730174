<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

use RuntimeException;

/**
 * A booth's server gave no answer that can be shown.
 */
abstract class BoothError extends RuntimeException
{
}
