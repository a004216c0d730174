<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist;

use WP_Error;
use WP_REST_Request;
use WP_Role;

/**
 * Who may see the halls, and who may ask them for something: two capabilities of our own, mapped to roles.
 */
final class Rights
{
    public const VIEW = 'projectionist_view';
    public const OPERATE = 'projectionist_operate';
    public const MANAGE = 'manage_options';

    /** What a role may do, from least to most; each level holds the capabilities of those before it. */
    public const LEVELS = ['none' => [], 'view' => [self::VIEW], 'operate' => [self::VIEW, self::OPERATE]];

    /** Whoever runs the site may operate halls; nobody else may even look until somebody says so. */
    public static function giveAtFirst(): void
    {
        $role = get_role('administrator');
        if ($role !== null && self::levelOf($role) === 'none') {
            self::give($role, 'operate');
        }
    }

    public static function levelOf(WP_Role $role): string
    {
        if ($role->has_cap(self::OPERATE)) {
            return 'operate';
        }
        return $role->has_cap(self::VIEW) ? 'view' : 'none';
    }

    public static function give(WP_Role $role, string $level): void
    {
        foreach ([self::VIEW, self::OPERATE] as $capability) {
            if (in_array($capability, self::LEVELS[$level], true)) {
                $role->add_cap($capability);
            } else {
                $role->remove_cap($capability);
            }
        }
    }

    /** Whether anybody here may operate halls. */
    public static function anyOperates(): bool
    {
        return in_array('operate', array_map([self::class, 'levelOf'], wp_roles()->role_objects), true);
    }

    public static function takeAll(): void
    {
        foreach (wp_roles()->role_objects as $role) {
            self::give($role, 'none');
        }
    }

    /**
     * A permission callback: the capability, and the nonce that only a page of this WordPress could have.
     *
     * @return callable(WP_REST_Request): (true|WP_Error)
     */
    public static function permit(string $capability): callable
    {
        return static function (WP_REST_Request $request) use ($capability) {
            $nonce = (string) $request->get_header('X-WP-Nonce');
            if (! is_user_logged_in() || wp_verify_nonce($nonce, 'wp_rest') === false) {
                $words = __('Sign in to see the halls.', 'projectionist');
                return new WP_Error('projectionist_no_login', $words, ['status' => 401]);
            }
            if (! current_user_can($capability)) {
                return new WP_Error('projectionist_not_allowed', self::refusal($capability), ['status' => 403]);
            }
            return true;
        };
    }

    private static function refusal(string $capability): string
    {
        if ($capability === self::OPERATE) {
            return __('You may look, not operate. An administrator can allow it under Settings → Projectionist.', 'projectionist');
        }
        return __('You may not see the halls. An administrator can allow it under Settings → Projectionist.', 'projectionist');
    }
}
