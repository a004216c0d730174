<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * One hall as it was read. Never changed.
 */
final class Hall
{
    private string $id;
    private string $name;
    private bool $live;
    /** @var list<Alarm> */
    private array $alarms = [];

    /** @param array<string, mixed> $said */
    public function __construct(array $said)
    {
        $this->id = (string) ($said['id'] ?? '');
        $this->name = (string) ($said['name'] ?? '');
        $this->live = (bool) ($said['live'] ?? false);
        foreach ((array) ($said['alarms'] ?? []) as $alarm) {
            // What is folded under a cause is told with its cause.
            $alarm = (array) $alarm;
            if (($alarm['root'] ?? '') === '') {
                $this->alarms[] = new Alarm($alarm);
            }
        }
    }

    public function id(): string
    {
        return $this->id;
    }

    public function name(): string
    {
        return $this->name;
    }

    public function isLive(): bool
    {
        return $this->live;
    }

    /** @return list<Alarm> those that wait for a person */
    public function unacknowledged(): array
    {
        return array_values(array_filter($this->alarms, static fn (Alarm $alarm): bool => $alarm->isUnacknowledged()));
    }
}
