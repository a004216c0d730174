<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Rest;

use Projectionist\Booth\Path;
use Projectionist\Booth\Reading;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/**
 * For browsers that cannot reach the stream: what came since they last asked.
 */
final class Changes
{
    private const ROWS = 200;

    /** @return WP_REST_Response|WP_Error */
    public static function since(WP_REST_Request $request)
    {
        $after = $request['after'];
        return Passing::answer($request, static function (Reading $booth) use ($after): array {
            if ($after === null) {
                return $booth->get(Path::HALLS) + ['events' => null];
            }
            $page = $booth->get(Path::EVENTS, [], ['after' => (string) $after, 'limit' => (string) self::ROWS]);
            $events = $page['events'];
            $newest = $events === [] ? 0 : end($events)->pos;
            $board = $booth->remembered(Path::HALLS);
            if ($board === null || $board['site']->pos < $newest) {
                // Halls that were read a moment before these rows would show what is over already. With the rows this
                // is the second question: with a third one the browser might give up first.
                $board = $booth->anew(Path::HALLS);
            }
            return $board + ['events' => $events, 'more' => $page['next'] !== null && $events !== []];
        });
    }
}
