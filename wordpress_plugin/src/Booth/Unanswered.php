<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * Nothing came, too late, or not what a booth's server says. The message is for administrators.
 */
class Unanswered extends BoothError
{
}
