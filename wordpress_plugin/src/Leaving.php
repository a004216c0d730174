<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist;

use Projectionist\Booth\Reading;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Care\AlarmMail;
use Projectionist\Care\Told;

/**
 * Takes everything away that the plugin ever wrote.
 */
final class Leaving
{
    public static function clean(): void
    {
        global $wpdb;

        AlarmMail::rest();
        Rights::takeAll();
        foreach ([Sites::OPTION, Tokens::OPTION, Told::OPTION] as $option) {
            delete_option($option);
        }
        delete_metadata('user', 0, AlarmMail::WANTED, '', true);
        foreach (['_transient_', '_transient_timeout_'] as $kind) {
            $like = $wpdb->esc_like($kind . Reading::PREFIX) . '%';
            $found = $wpdb->get_col($wpdb->prepare("SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $like));
            array_map('delete_option', $found);
        }
    }
}
