<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Settings;

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Rights;

/**
 * Takes what the settings page sends. A booth that is not right is told of, and stays as it was; the others are kept.
 */
final class Saving
{
    public const ACTION = 'projectionist_save';

    public static function handle(): void
    {
        check_admin_referer(self::ACTION);
        if (! current_user_can(Rights::MANAGE)) {
            wp_die(esc_html__('You may not change these settings.', 'projectionist'), '', ['response' => 403]);
        }
        $sent = wp_unslash($_POST);
        foreach (self::save((array) ($sent['sites'] ?? []), (array) ($sent['remove'] ?? [])) as $place => $wrong) {
            add_settings_error(Page::SLUG, "site$place", $wrong);
        }
        self::map((array) ($sent['roles'] ?? []));
        if (get_settings_errors() === []) {
            add_settings_error(Page::SLUG, 'saved', __('Settings saved.', 'projectionist'), 'success');
        }
        set_transient('settings_errors', get_settings_errors(), 30);
        wp_safe_redirect(admin_url('options-general.php?page=' . Page::SLUG . '&settings-updated=true'));
        exit;
    }

    /**
     * @param array<mixed> $rows what was sent of each booth
     * @param array<mixed> $removed ids
     * @return array<int|string, string> what is wrong, by the booth's place
     */
    public static function save(array $rows, array $removed = []): array
    {
        $sites = Sites::all();
        $wrong = [];
        foreach ($rows as $place => $row) {
            $row = array_map(static fn ($value): string => is_string($value) ? trim($value) : '', (array) $row);
            if (implode('', $row) === '') {
                continue; // the empty form for another booth
            }
            $why = Typed::wrong($row);
            if ($why !== '') {
                $wrong[$place] = $why;
                continue;
            }
            if (! isset($sites[$row['id']]) && count($sites) >= Sites::MOST) {
                /* translators: 1: the id of a site, 2: a number */
                $words = __('%1$s: there are %2$d booths already, and no more can be shown.', 'projectionist');
                $wrong[$place] = sprintf($words, $row['id'], Sites::MOST);
                continue;
            }
            $sites[$row['id']] = new Site($row['id'], $row['url'], $row['browser_url'] ?? '');
            if (($row['token'] ?? '') !== '') {
                Tokens::keep($row['id'], $row['token']);
            }
        }
        foreach (array_filter($removed, 'is_string') as $id) {
            unset($sites[$id]);
            Tokens::forget($id);
        }
        Sites::keep($sites);
        return $wrong;
    }

    /** @param array<mixed> $levels by role */
    public static function map(array $levels): void
    {
        foreach ($levels as $name => $level) {
            $role = get_role((string) $name);
            if ($role !== null && is_string($level) && isset(Rights::LEVELS[$level])) {
                Rights::give($role, $level);
            }
        }
    }
}
