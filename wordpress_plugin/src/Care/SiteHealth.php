<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Care;

use Projectionist\Booth\Sites;
use Projectionist\Rest\Routes;

/**
 * Tools → Site Health: whether the booths can be reached, know our token, have our time and our version.
 */
final class SiteHealth
{
    private const TEST = 'projectionist';

    public static function hook(): void
    {
        add_filter('site_status_tests', [self::class, 'add']);
    }

    /**
     * @param array<string, array<string, mixed>> $tests
     * @return array<string, array<string, mixed>>
     */
    public static function add(array $tests): array
    {
        $tests['async'][self::TEST] = [
            'label' => __('Booths of Projectionist', 'projectionist'),
            'test' => rest_url(Routes::SPACE . '/health'),
            'has_rest' => true,
            'async_direct_test' => [self::class, 'result'],
        ];
        return $tests;
    }

    /** @return array<string, mixed> */
    public static function result(): array
    {
        $lines = '';
        $good = true;
        foreach (Sites::all() as $site) {
            $examined = Examination::of($site);
            $good = $good && $examined->isGood();
            $lines .= '<p><strong>' . esc_html($site->id()) . '</strong></p><ul>';
            foreach ($examined->findings() as $finding) {
                $lines .= '<li>' . ($finding['ok'] ? '✓ ' : '✗ ') . esc_html($finding['words']) . '</li>';
            }
            $lines .= '</ul>';
        }
        if ($lines === '') {
            $lines = '<p>' . esc_html__('No site is set yet.', 'projectionist') . '</p>';
            $good = false;
        }
        $settings = admin_url('options-general.php?page=projectionist-settings');
        return [
            'label' => $good
                ? __('The booths answer, and agree with this WordPress', 'projectionist')
                : __('A booth cannot be shown as it should', 'projectionist'),
            'status' => $good ? 'good' : 'critical',
            'badge' => ['label' => __('Projectionist', 'projectionist'), 'color' => 'blue'],
            'description' => $lines,
            'actions' => sprintf(
                '<p><a href="%s">%s</a></p>',
                esc_url($settings),
                esc_html__('Connection settings', 'projectionist')
            ),
            'test' => self::TEST,
        ];
    }
}
