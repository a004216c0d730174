<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * A site and its halls at one moment, from the answer to GET /halls. Never changed.
 */
final class Snapshot
{
    /** @var array<string, mixed> */
    private array $site;
    /** @var list<Hall> */
    private array $halls = [];

    /** @param array<string, mixed> $said */
    public function __construct(array $said)
    {
        $this->site = (array) ($said['site'] ?? []);
        foreach ((array) ($said['halls'] ?? []) as $hall) {
            $this->halls[] = new Hall((array) $hall);
        }
    }

    public function id(): string
    {
        return (string) ($this->site['id'] ?? '');
    }

    public function name(): string
    {
        return (string) ($this->site['name'] ?? '');
    }

    public function version(): string
    {
        return (string) ($this->site['version'] ?? '');
    }

    public function zone(): string
    {
        return (string) ($this->site['zone'] ?? 'UTC');
    }

    public function nowMs(): int
    {
        return (int) ($this->site['now_ms'] ?? 0);
    }

    /** @return list<Hall> */
    public function halls(): array
    {
        return $this->halls;
    }

    /** Whether the site's controller lives and every hall shows life: else what it says may be over already. */
    public function isOfNow(): bool
    {
        $silent = array_filter($this->halls, static fn (Hall $hall): bool => ! $hall->isLive());
        return ($this->site['runtime'] ?? '') === 'live' && $silent === [];
    }

    /** How many alarms wait for a person. */
    public function unacknowledged(): int
    {
        return array_sum(array_map(static fn (Hall $hall): int => count($hall->unacknowledged()), $this->halls));
    }
}
