<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * The booth's server said no; the message is its sentence, the code its status.
 */
final class Refused extends BoothError
{
    /** Whether it refuses WordPress itself, not what was asked. */
    public function isOfToken(): bool
    {
        return in_array($this->getCode(), [401, 403], true);
    }
}
