<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

/**
 * [projectionist site="rialto" halls="h1 h2" compact="yes" theme="dark"]: all of it may be left out.
 */
final class Shortcode
{
    public const TAG = 'projectionist';

    public static function hook(): void
    {
        add_action('init', static fn () => add_shortcode(self::TAG, [self::class, 'html']));
    }

    /** @param array<string, string>|string $given */
    public static function html($given): string
    {
        $asked = shortcode_atts(['site' => '', 'halls' => '', 'compact' => '', 'theme' => ''], (array) $given, self::TAG);
        $halls = wp_parse_list($asked['halls']);
        $compact = in_array(strtolower($asked['compact']), ['1', 'yes', 'true'], true);
        return OnPage::html($asked['site'], $halls, $compact, $asked['theme']);
    }
}
