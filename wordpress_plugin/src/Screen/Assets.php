<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Plugin;

/**
 * The plugin's files for browsers. A page loads them only where something of ours is on it.
 */
final class Assets
{
    public const BOARD = 'projectionist-board';
    public const HALL = 'projectionist-hall';
    public const BADGE = 'projectionist-badge';
    public const SETTINGS = 'projectionist-settings';
    public const WALL = 'projectionist-wall';
    public const STYLE = 'projectionist';

    private const MODULES = [
        self::BOARD => 'assets/board/hall-board.js',
        self::HALL => 'assets/board/hall-page.js',
        self::BADGE => 'assets/badge.js',
        self::SETTINGS => 'assets/settings.js',
        self::WALL => 'assets/wall.js',
    ];

    public static function hook(): void
    {
        add_action('init', [self::class, 'register']);
    }

    public static function register(): void
    {
        foreach (self::MODULES as $id => $path) {
            wp_register_script_module($id, Plugin::url($path), [], Plugin::VERSION);
        }
        wp_register_style(self::STYLE, Plugin::url('assets/frame.css'), [], Plugin::VERSION);
    }

    /** The address of a module, for pages that are not WordPress's own. */
    public static function moduleUrl(string $id): string
    {
        return add_query_arg('ver', Plugin::VERSION, Plugin::url(self::MODULES[$id]));
    }
}
