<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

use InvalidArgumentException;

/**
 * All that WordPress ever asks a booth's server for. No other path can be spelled.
 */
final class Path
{
    public const SITE = '/site';
    public const CALLER = '/caller';
    public const HALLS = '/halls';
    public const GRAPH = '/halls/{hall}/graph';
    public const PAST = '/halls/{hall}/past';
    public const AT = '/halls/{hall}/at';
    public const EVENTS = '/events';
    public const TICKET = '/stream/tickets';
    public const ASK = '/halls/{hall}/requests';
    public const ASKED = '/requests/{request}';

    private const ALL = [
        self::SITE, self::CALLER, self::HALLS, self::GRAPH, self::PAST, self::AT,
        self::EVENTS, self::TICKET, self::ASK, self::ASKED,
    ];
    private const PLACE = '/^[a-z0-9-]{1,36}$/';

    /** @param array<string, string> $places */
    public static function spell(string $path, array $places): string
    {
        if (! in_array($path, self::ALL, true)) {
            throw new InvalidArgumentException("No path of the booth's server: $path");
        }
        foreach ($places as $name => $value) {
            if (preg_match(self::PLACE, $value) !== 1) {
                throw new InvalidArgumentException("Not a hall or request: $value");
            }
            $path = str_replace('{' . $name . '}', $value, $path);
        }
        return '/api/v1' . $path;
    }
}
