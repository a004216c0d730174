<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Rest;

use Projectionist\Booth\BoothError;
use Projectionist\Booth\Reading;
use Projectionist\Booth\Sites;
use Projectionist\Care\Examination;
use Projectionist\Care\SiteHealth;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/**
 * The sites as such: which there are, what waits in all of them, whether they can be reached.
 */
final class Places
{
    public static function sites(): WP_REST_Response
    {
        return new WP_REST_Response(array_keys(Sites::all()));
    }

    /** How many alarms wait for a person, as far as is known; null: none is known of, and not all sites tell how it is now. */
    public static function alarms(): WP_REST_Response
    {
        $count = 0;
        $allTell = true;
        foreach (Sites::all() as $site) {
            try {
                $booth = (new Reading($site))->snapshot();
            } catch (BoothError $wrong) {
                $allTell = false; // the board says which
                continue;
            }
            $count += $booth->unacknowledged();
            $allTell = $allTell && $booth->isOfNow();
        }
        return new WP_REST_Response(['unacknowledged' => $count > 0 || $allTell ? $count : null]);
    }

    /** @return WP_REST_Response|WP_Error */
    public static function test(WP_REST_Request $request)
    {
        $site = Sites::get($request->get_url_params()['site']);
        if ($site === null) {
            return new WP_Error('projectionist_no_site', __('Save this site first, then test it.', 'projectionist'), ['status' => 404]);
        }
        return new WP_REST_Response(Examination::of($site)->toArray());
    }

    public static function health(): WP_REST_Response
    {
        return new WP_REST_Response(SiteHealth::result());
    }
}
