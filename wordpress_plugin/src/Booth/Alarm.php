<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * One alarm of a hall as it was read. Never changed.
 */
final class Alarm
{
    private string $name;
    private string $words;
    private string $state;
    private int $sinceMs;

    /** @param array<string, mixed> $said */
    public function __construct(array $said)
    {
        $this->name = (string) ($said['name'] ?? '');
        $this->words = (string) ($said['words'] ?? '');
        $this->state = (string) ($said['state'] ?? '');
        $this->sinceMs = (int) ($said['since_ms'] ?? 0);
    }

    public function name(): string
    {
        return $this->name;
    }

    /** A sentence: what happened, and what to do. */
    public function words(): string
    {
        return $this->words;
    }

    public function sinceMs(): int
    {
        return $this->sinceMs;
    }

    /** Whether it still waits for a person to acknowledge it. */
    public function isUnacknowledged(): bool
    {
        return in_array($this->state, ['unacknowledged', 'returned_unacknowledged'], true);
    }
}
