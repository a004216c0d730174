<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Settings;

use Projectionist\Care\AlarmMail;
use Projectionist\Rights;
use WP_User;

/**
 * On each person's profile: alarms by e-mail, for whoever asks for them.
 */
final class Profile
{
    private const FIELD = 'projectionist_alarm_mail';

    public static function hook(): void
    {
        foreach (['show_user_profile', 'edit_user_profile'] as $form) {
            add_action($form, [self::class, 'show']);
        }
        foreach (['personal_options_update', 'edit_user_profile_update'] as $sent) {
            add_action($sent, [self::class, 'save']);
        }
    }

    public static function show(WP_User $user): void
    {
        if (! $user->has_cap(Rights::VIEW)) {
            return;
        }
        echo '<h2>' . esc_html__('Halls', 'projectionist') . '</h2><table class="form-table" role="presentation"><tr>';
        echo '<th scope="row">' . esc_html__('Alarms', 'projectionist') . '</th><td>';
        printf(
            '<label><input type="checkbox" name="%s" value="1"%s> %s</label>',
            esc_attr(self::FIELD),
            checked(get_user_meta($user->ID, AlarmMail::WANTED, true), '1', false),
            esc_html__('Send me each new alarm by e-mail', 'projectionist')
        );
        echo '</td></tr></table>';
    }

    /** WordPress has checked its nonce of the profile before it calls this. */
    public static function save(int $user): void
    {
        if (! current_user_can('edit_user', $user) || ! user_can($user, Rights::VIEW)) {
            return;
        }
        if (($_POST[self::FIELD] ?? '') === '1') {
            update_user_meta($user, AlarmMail::WANTED, '1');
        } else {
            delete_user_meta($user, AlarmMail::WANTED);
        }
    }
}
