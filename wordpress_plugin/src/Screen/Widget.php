<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Sites;
use Projectionist\Rights;

/**
 * On the dashboard: what is wrong now, and nothing else.
 */
final class Widget
{
    public static function hook(): void
    {
        add_action('wp_dashboard_setup', [self::class, 'add']);
    }

    public static function add(): void
    {
        if (current_user_can(Rights::VIEW) && Sites::all() !== []) {
            wp_enqueue_style(Assets::STYLE);
            $title = __('What is wrong in the halls', 'projectionist');
            wp_add_dashboard_widget('projectionist', $title, [self::class, 'show'], null, null, 'normal', 'high');
        }
    }

    public static function show(): void
    {
        foreach (Sites::all() as $site) {
            $wanted = ['troubled' => true, 'compact' => true, 'quiet' => true, 'theme' => 'light'];
            echo Component::board($site, $wanted); // escaped where it is made
        }
    }
}
