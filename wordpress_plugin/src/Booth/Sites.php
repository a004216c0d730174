<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * The cinemas that this WordPress shows.
 */
final class Sites
{
    public const OPTION = 'projectionist_sites';
    public const MOST = 20;

    /** @return array<string, Site> by id, in their order */
    public static function all(): array
    {
        $sites = [];
        foreach ((array) get_option(self::OPTION, []) as $kept) {
            if (is_array($kept) && isset($kept['id'], $kept['url'])) {
                $site = new Site((string) $kept['id'], (string) $kept['url'], (string) ($kept['browser_url'] ?? ''));
                $sites[$site->id()] = $site;
            }
        }
        return $sites;
    }

    public static function get(string $id): ?Site
    {
        return self::all()[$id] ?? null;
    }

    public static function first(): ?Site
    {
        $sites = self::all();
        return $sites === [] ? null : reset($sites);
    }

    /** @param array<string, Site> $sites */
    public static function keep(array $sites): void
    {
        $rows = array_map(static fn (Site $site): array => $site->toArray(), array_values($sites));
        update_option(self::OPTION, $rows, false);
    }
}
