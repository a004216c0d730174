<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Rest;

use Projectionist\Booth\Path;
use Projectionist\Booth\Site;
use Projectionist\Rights;

/**
 * What browsers may ask this WordPress for. Below /sites/ID the addresses are those of the booth's own API.
 */
final class Routes
{
    public const SPACE = 'projectionist/v1';
    // WordPress compares addresses without regard to case; no booth does.
    private const SITE = '/sites/(?P<site>(?-i:[a-z0-9]{1,16}))';
    private const HALL = '/halls/(?P<hall>(?-i:[a-z0-9]{1,16}))';
    private const REQUEST = '/requests/(?P<request>(?-i:[0-9a-f-]{36}))';
    private const MOMENT = '^[0-9]{1,16}$';

    public static function register(): void
    {
        self::get('/sites', [Places::class, 'sites']);
        self::get('/alarms', [Places::class, 'alarms']);
        self::get(self::SITE . '/site', Passing::through(Path::SITE));
        self::get(self::SITE . '/halls', Passing::through(Path::HALLS));
        self::get(self::SITE . self::HALL . '/graph', Passing::through(Path::GRAPH));
        self::get(self::SITE . self::HALL . '/past', Passing::through(Path::PAST, ['from_ms', 'to_ms']), [
            'from_ms' => self::spelled(self::MOMENT),
            'to_ms' => self::spelled(self::MOMENT),
        ]);
        self::get(self::SITE . self::HALL . '/at', Passing::through(Path::AT, ['ms']), ['ms' => self::spelled(self::MOMENT)]);
        $events = ['hall', 'kind', 'verdict', 'subject', 'after', 'before', 'limit'];
        self::get(self::SITE . '/events', Passing::through(Path::EVENTS, $events), [
            'hall' => self::spelled(trim(Site::ID, '/')),
            'kind' => self::spelled('^[a-z_]{1,64}$'),
            'verdict' => self::spelled('^[a-z]{1,16}$'),
            'subject' => self::spelled('^[a-z]{1,16}(:[a-zA-Z0-9]{1,64})?$'),
            'after' => self::spelled(self::MOMENT),
            'before' => self::spelled(self::MOMENT),
            'limit' => self::spelled('^[0-9]{1,3}$'),
        ]);
        self::get(self::SITE . '/changes', [Changes::class, 'since'], ['after' => self::spelled(self::MOMENT)]);
        self::route('POST', self::SITE . '/stream/tickets', [Asking::class, 'ticket'], Rights::VIEW);
        self::route('POST', self::SITE . self::HALL . '/requests', [Asking::class, 'ask'], Rights::OPERATE, [
            'id' => self::spelled('^[0-9a-f-]{36}$'),
            'verb' => ['type' => 'string', 'required' => true, 'enum' => Asking::VERBS],
            'args' => [
                'type' => 'array',
                'default' => [],
                'maxItems' => 2,
                'items' => self::spelled('^[a-z0-9_]{1,64}$'),
            ],
        ]);
        self::route('GET', self::SITE . self::REQUEST, Passing::through(Path::ASKED), Rights::OPERATE);
        self::route('POST', self::SITE . '/test', [Places::class, 'test'], Rights::MANAGE);
        self::route('GET', '/health', [Places::class, 'health'], 'view_site_health_checks');
    }

    /** @param array<string, mixed> $args */
    private static function get(string $address, callable $answer, array $args = []): void
    {
        self::route('GET', $address, $answer, Rights::VIEW, $args);
    }

    /** @param array<string, mixed> $args */
    private static function route(string $method, string $address, callable $answer, string $needs, array $args = []): void
    {
        register_rest_route(self::SPACE, $address, [
            'methods' => $method,
            'callback' => $answer,
            'permission_callback' => Rights::permit($needs),
            'args' => $args,
            'show_in_index' => false,
        ]);
    }

    /** @return array<string, mixed> */
    private static function spelled(string $pattern): array
    {
        return ['type' => 'string', 'pattern' => $pattern];
    }
}
