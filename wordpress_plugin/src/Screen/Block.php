<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Sites;
use Projectionist\Plugin;
use Projectionist\Rights;

/**
 * The block: a board in a page, with its site, its halls and its look chosen beside it.
 */
final class Block
{
    private const SCRIPT = 'projectionist-block';

    public static function hook(): void
    {
        add_action('init', [self::class, 'register'], 11); // after the styles that it names
        add_action('enqueue_block_editor_assets', [self::class, 'tell']);
    }

    public static function register(): void
    {
        $needs = ['wp-api-fetch', 'wp-block-editor', 'wp-blocks', 'wp-components', 'wp-element', 'wp-i18n'];
        wp_register_script(self::SCRIPT, Plugin::url('assets/block.js'), $needs, Plugin::VERSION, true);
        wp_set_script_translations(self::SCRIPT, 'projectionist', Plugin::path('languages'));
        register_block_type(Plugin::path('block'), ['render_callback' => [self::class, 'html']]);
    }

    /** Give the editor what it needs to draw the board as readers will see it. */
    public static function tell(): void
    {
        if (! current_user_can(Rights::VIEW)) {
            return;
        }
        $told = ['module' => Assets::moduleUrl(Assets::BOARD), 'sites' => array_map([Component::class, 'attributes'], Sites::all())];
        wp_add_inline_script(self::SCRIPT, 'window.projectionistBoards = ' . wp_json_encode($told), 'before');
    }

    /** @param array<string, mixed> $attributes */
    public static function html(array $attributes): string
    {
        $halls = array_values(array_filter((array) ($attributes['halls'] ?? []), 'is_string'));
        $html = OnPage::html(
            (string) ($attributes['site'] ?? ''),
            $halls,
            (bool) ($attributes['compact'] ?? false),
            (string) ($attributes['theme'] ?? '')
        );
        return sprintf('<div %s>%s</div>', get_block_wrapper_attributes(), $html);
    }
}
