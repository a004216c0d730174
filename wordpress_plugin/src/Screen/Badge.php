<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Sites;
use Projectionist\Rest\Routes;
use Projectionist\Rights;
use WP_Admin_Bar;

/**
 * In the admin bar: how many alarms nobody has acknowledged. The browser asks for it, so no page waits for a booth.
 */
final class Badge
{
    public static function hook(): void
    {
        add_action('admin_bar_menu', [self::class, 'add'], 80);
        foreach (['wp_enqueue_scripts', 'admin_enqueue_scripts'] as $early) {
            add_action($early, [self::class, 'load']);
        }
    }

    /** Before the bar itself is made: a theme of blocks has written its scripts by then. */
    public static function load(): void
    {
        if (is_admin_bar_showing() && self::isShown()) {
            wp_enqueue_style(Assets::STYLE);
            wp_enqueue_script_module(Assets::BADGE);
        }
    }

    private static function isShown(): bool
    {
        return current_user_can(Rights::VIEW) && Sites::all() !== [];
    }

    public static function add(WP_Admin_Bar $bar): void
    {
        $site = Sites::first();
        if ($site === null || ! self::isShown()) {
            return;
        }
        $told = [
            'src' => rest_url(Routes::SPACE . '/alarms'),
            'nonce' => wp_create_nonce('wp_rest'),
            'nonce-src' => admin_url('admin-ajax.php?action=rest-nonce'),
            /* translators: {n}: a number */
            'some' => __('Halls: {n} unacknowledged', 'projectionist'),
            'none' => __('Halls: all in order', 'projectionist'),
            'unknown' => __('Halls: no answer', 'projectionist'),
        ];
        $data = '';
        foreach ($told as $name => $value) {
            $data .= sprintf(' data-%s="%s"', $name, esc_attr($value));
        }
        $bar->add_node([
            'id' => 'projectionist',
            'title' => '<span class="projectionist-badge"' . $data . '>' . esc_html__('Halls', 'projectionist') . '</span>',
            'href' => BoardPage::url($site),
        ]);
    }
}
