<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist;

/**
 * Puts every part of the plugin where WordPress calls it.
 */
final class Plugin
{
    public const VERSION = '0.1.0';

    private static string $file = '';

    public static function start(string $file): void
    {
        self::$file = $file;
        register_activation_hook($file, [self::class, 'activated']);
        register_deactivation_hook($file, [Care\AlarmMail::class, 'rest']);
        add_action('rest_api_init', [Rest\Routes::class, 'register']);
        foreach (
            [
                Screen\Assets::class,
                Screen\BoardPage::class,
                Screen\Wall::class,
                Screen\Widget::class,
                Screen\Block::class,
                Screen\Shortcode::class,
                Screen\Badge::class,
                Settings\Page::class,
                Settings\Profile::class,
                Care\SiteHealth::class,
                Care\Privacy::class,
                Care\AlarmMail::class,
            ] as $part
        ) {
            $part::hook();
        }
    }

    public static function activated(): void
    {
        Rights::giveAtFirst();
        Care\AlarmMail::begin();
    }

    /** The address of a file of the plugin. */
    public static function url(string $path): string
    {
        return plugins_url($path, self::$file);
    }

    public static function path(string $path): string
    {
        return plugin_dir_path(self::$file) . $path;
    }
}
