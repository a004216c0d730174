<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Sites;
use Projectionist\Rights;

/**
 * A board within a page that people wrote: what the block and the shortcode have in common.
 */
final class OnPage
{
    /**
     * @param string $site its id; empty: the first one
     * @param list<string> $halls their ids; none: all
     */
    public static function html(string $site, array $halls, bool $compact, string $theme): string
    {
        if (! current_user_can(Rights::VIEW)) {
            return self::note(self::whyNot());
        }
        $found = $site === '' ? Sites::first() : Sites::get($site);
        if ($found === null) {
            return self::note(esc_html__('The cinema of this board is not connected.', 'projectionist'));
        }
        wp_enqueue_style(Assets::STYLE);
        $wanted = ['halls' => $halls, 'compact' => $compact, 'theme' => $theme, 'quiet' => true];
        return '<div class="projectionist-board">' . Component::board($found, $wanted) . '</div>';
    }

    private static function whyNot(): string
    {
        if (is_user_logged_in()) {
            return esc_html__('You may not see the halls.', 'projectionist');
        }
        $login = wp_login_url((string) get_permalink());
        return sprintf('<a href="%s">%s</a>', esc_url($login), esc_html__('Sign in to see the halls.', 'projectionist'));
    }

    private static function note(string $html): string
    {
        return '<p class="projectionist-note">' . $html . '</p>';
    }
}
