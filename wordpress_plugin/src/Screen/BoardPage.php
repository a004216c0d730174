<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Plugin;
use Projectionist\Rights;

/**
 * The page in wp-admin: a site's board, and each hall's own page.
 */
final class BoardPage
{
    public const SLUG = 'projectionist';

    public static function hook(): void
    {
        add_action('admin_menu', [self::class, 'add']);
    }

    public static function add(): void
    {
        $icon = 'data:image/svg+xml;base64,' . base64_encode((string) file_get_contents(Plugin::path('assets/icon.svg')));
        $page = add_menu_page(
            __('Halls', 'projectionist'),
            __('Halls', 'projectionist'),
            Rights::VIEW,
            self::SLUG,
            [self::class, 'show'],
            $icon,
            3
        );
        add_action('load-' . $page, static fn () => wp_enqueue_style(Assets::STYLE));
    }

    /** The address of a site's board or of a hall's page. */
    public static function url(Site $site, string $hall = ''): string
    {
        $asked = ['page' => self::SLUG, 'site' => $site->id()] + ($hall === '' ? [] : ['hall' => $hall]);
        return admin_url('admin.php?' . http_build_query($asked));
    }

    public static function show(): void
    {
        $sites = Sites::all();
        $site = $sites[self::asked('site')] ?? Sites::first();
        $hall = self::asked('hall');
        echo '<div class="wrap projectionist-page">';
        if ($site === null) {
            echo '<h1>' . esc_html__('Halls', 'projectionist') . '</h1>';
            self::sayThatNoneIsSet();
        } else {
            echo '<h1 class="screen-reader-text">' . esc_html__('Halls', 'projectionist') . '</h1>';
            self::links($sites, $site);
            // The component's markup is escaped where it is made.
            echo $hall === '' ? Component::board($site, ['theme' => 'light']) : Component::hall($site, $hall);
        }
        echo '</div>';
    }

    /** An id out of the address; empty where there is none. */
    private static function asked(string $name): string
    {
        $value = $_GET[$name] ?? '';
        return is_string($value) && preg_match(Site::ID, $value) === 1 ? $value : '';
    }

    /** @param array<string, Site> $sites */
    private static function links(array $sites, Site $shown): void
    {
        echo '<nav class="projectionist-links" aria-label="' . esc_attr__('Sites and views', 'projectionist') . '">';
        foreach (count($sites) > 1 ? $sites : [] as $site) {
            printf(
                '<a href="%s"%s>%s</a>',
                esc_url(self::url($site)),
                $site->id() === $shown->id() ? ' aria-current="page"' : '',
                esc_html($site->id())
            );
        }
        printf('<a href="%s">%s</a>', esc_url(Wall::url($shown)), esc_html__('Wall view', 'projectionist'));
        echo '</nav>';
    }

    private static function sayThatNoneIsSet(): void
    {
        echo '<p>' . esc_html__('No cinema is connected yet.', 'projectionist') . '</p>';
        if (current_user_can(Rights::MANAGE)) {
            printf(
                '<p><a class="button button-primary" href="%s">%s</a></p>',
                esc_url(admin_url('options-general.php?page=projectionist-settings')),
                esc_html__('Connect one', 'projectionist')
            );
        }
    }
}
