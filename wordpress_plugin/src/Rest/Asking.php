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
 * What people ask of a hall, and tickets for its stream. The booth's audit names the person.
 */
final class Asking
{
    /** All that can be asked from a WordPress: nothing of it starts film or stops it. */
    public const VERBS = ['acknowledge', 'reset', 'shelve'];

    /** @return WP_REST_Response|WP_Error */
    public static function ask(WP_REST_Request $request)
    {
        $body = ['verb' => (string) $request['verb'], 'args' => array_values((array) $request['args'])];
        if ($request['id'] !== null) {
            $body['id'] = (string) $request['id'];
        }
        $hall = Passing::places($request);
        $person = wp_get_current_user()->user_login;
        return Passing::answer($request, static fn (Reading $booth): array => $booth->post(Path::ASK, $hall, $body, $person));
    }

    /** @return WP_REST_Response|WP_Error */
    public static function ticket(WP_REST_Request $request)
    {
        $person = wp_get_current_user()->user_login;
        return Passing::answer($request, static fn (Reading $booth): array => $booth->post(Path::TICKET, [], [], $person));
    }
}
