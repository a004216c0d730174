<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Care;

use WP_User;

/**
 * Which alarm was mailed to whom. It is written down after each mail: a run that is cut off sends none of them again.
 */
final class Told
{
    public const OPTION = 'projectionist_told';

    /** @var array<string, true> by alarm and person; an alarm's key begins with its site */
    private array $told;
    /** @var array<string, true> */
    private array $waiting = [];

    public function __construct()
    {
        $this->told = (array) get_option(self::OPTION, []);
    }

    /**
     * Tell a person of an alarm unless they were told. What could not be sent is tried again the next time.
     *
     * @param callable(): bool $tell
     */
    public function once(string $alarm, WP_User $person, callable $tell): void
    {
        $key = "$alarm $person->ID";
        $this->waiting[$key] = true;
        if (! isset($this->told[$key]) && $tell()) {
            $this->told[$key] = true;
            update_option(self::OPTION, $this->told, false);
        }
    }

    /** A site that does not answer: what was told of it before still counts when it answers again. */
    public function stillWaits(string $site): void
    {
        $its = static fn (string $key): bool => strpos($key, "$site ") === 0;
        $this->waiting += array_filter($this->told, $its, ARRAY_FILTER_USE_KEY);
    }

    public function forgetWhatIsOver(): void
    {
        $left = array_intersect_key($this->told, $this->waiting);
        if ($left !== $this->told) {
            update_option(self::OPTION, $left, false);
        }
    }
}
