<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Rest;

use Projectionist\Booth\BoothError;
use Projectionist\Booth\Reading;
use Projectionist\Booth\Refused;
use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/**
 * Answers with what a booth's server says, or with words that tell a browser nothing of how WordPress reaches it.
 */
final class Passing
{
    private const PLACES = ['hall', 'request'];
    /** Not 502: nothing was lost on its way, and asking again is of no use. */
    private const REFUSES_US = 424;

    /**
     * @param list<string> $asked what of the request's query is passed on
     * @return callable(WP_REST_Request): (WP_REST_Response|WP_Error)
     */
    public static function through(string $path, array $asked = []): callable
    {
        return static function (WP_REST_Request $request) use ($path, $asked) {
            $query = array_filter(array_intersect_key($request->get_query_params(), array_flip($asked)), 'is_string');
            $places = self::places($request);
            return self::answer($request, static fn (Reading $booth): array => $booth->get($path, $places, $query));
        };
    }

    /**
     * @param callable(Reading): array<string, mixed> $ask
     * @return WP_REST_Response|WP_Error
     */
    public static function answer(WP_REST_Request $request, callable $ask)
    {
        $id = $request->get_url_params()['site'];
        $site = Sites::get($id);
        if ($site === null) {
            /* translators: %s: the id of a site */
            $words = sprintf(__('This WordPress knows no site %s.', 'projectionist'), $id);
            return new WP_Error('projectionist_no_site', $words, ['status' => 404]);
        }
        try {
            $said = $ask(new Reading($site));
        } catch (BoothError $wrong) {
            return self::wrong($site, $wrong);
        }
        return new WP_REST_Response($said, 200, ['Cache-Control' => 'no-store']);
    }

    /**
     * What stands in the address itself: a query or a body that names another hall has no say.
     *
     * @return array<string, string>
     */
    public static function places(WP_REST_Request $request): array
    {
        return array_intersect_key($request->get_url_params(), array_flip(self::PLACES));
    }

    private static function wrong(Site $site, BoothError $wrong): WP_Error
    {
        if ($wrong instanceof Refused && ! $wrong->isOfToken()) {
            return new WP_Error('projectionist_refused', $wrong->getMessage(), ['status' => $wrong->getCode()]);
        }
        if ($wrong instanceof Refused) {
            /* translators: %s: the id of a site */
            $words = __('The booth of %s refuses this WordPress. An administrator finds why under Tools → Site Health.', 'projectionist');
            return new WP_Error('projectionist_refused_us', sprintf($words, $site->id()), ['status' => self::REFUSES_US]);
        }
        /* translators: %s: the id of a site */
        $words = __('The booth of %s does not answer. Its halls run on without it: look there.', 'projectionist');
        return new WP_Error('projectionist_unanswered', sprintf($words, $site->id()), ['status' => 502]);
    }
}
