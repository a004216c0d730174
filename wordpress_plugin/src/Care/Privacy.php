<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Care;

/**
 * What the privacy policy of this WordPress should say of the plugin.
 */
final class Privacy
{
    public static function hook(): void
    {
        add_action('admin_init', [self::class, 'suggest']);
    }

    public static function suggest(): void
    {
        $said = [
            __('When somebody who may operate halls acknowledges, resets or shelves something here, their user name is sent to the cinema\'s own booth server, which keeps it in its log and its audit together with what they asked for and when. When somebody looks at a live board, their user name and a ticket that is good for one minute go there too.', 'projectionist'),
            __('The browser of whoever looks at a live board connects to the booth server directly; it sees the address of that browser.', 'projectionist'),
            __('Whether you asked for alarms by e-mail is kept with your user profile. No data goes to anybody else.', 'projectionist'),
        ];
        $html = '<p>' . implode('</p><p>', array_map('esc_html', $said)) . '</p>';
        wp_add_privacy_policy_content('Projectionist', $html);
    }
}
