<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Rights;

/**
 * The whole screen for one site: for a monitor on a wall, where nobody presses anything.
 */
final class Wall
{
    private const ASKED = 'projectionist_wall';

    public static function hook(): void
    {
        add_filter('query_vars', static fn (array $known): array => [...$known, self::ASKED]);
        add_action('template_redirect', [self::class, 'show'], 0);
    }

    public static function url(Site $site): string
    {
        return add_query_arg(self::ASKED, $site->id(), home_url('/'));
    }

    public static function show(): void
    {
        $asked = get_query_var(self::ASKED);
        if (! is_string($asked) || $asked === '') {
            return;
        }
        if (! is_user_logged_in()) {
            auth_redirect();
        }
        if (! current_user_can(Rights::VIEW)) {
            wp_die(esc_html__('You may not see the halls.', 'projectionist'), '', ['response' => 403]);
        }
        $site = Sites::get($asked);
        if ($site === null) {
            wp_die(esc_html__('This WordPress knows no such site.', 'projectionist'), '', ['response' => 404]);
        }
        nocache_headers();
        self::page($site);
        exit;
    }

    private static function page(Site $site): void
    {
        printf('<!doctype html><html %s><head><meta charset="utf-8">', get_language_attributes());
        echo '<meta name="viewport" content="width=device-width, initial-scale=1">';
        printf('<title>%s</title>', esc_html__('Halls', 'projectionist'));
        wp_print_styles([Assets::STYLE]);
        echo '</head><body class="projectionist-wall"><main>';
        echo Component::board($site, ['wall' => true]); // escaped where it is made
        echo '</main>';
        foreach ([Assets::BOARD, Assets::WALL] as $module) {
            wp_print_script_tag(['type' => 'module', 'src' => Assets::moduleUrl($module)]);
        }
        echo '</body></html>';
    }
}
