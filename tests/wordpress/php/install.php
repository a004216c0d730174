<?php

/* SPDX-License-Identifier: Apache-2.0 */

// Makes a WordPress of an empty database: a title, people of each kind, the plugin active, a booth connected.
define('WP_INSTALLING', true);
require getenv('WP_ROOT') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

(static function (): void {
    $told = json_decode((string) stream_get_contents(STDIN), true);
    wp_install($told['title'], 'admin', 'admin@rialto.example', true, '', $told['password']);
    $GLOBALS['wp_rewrite']->set_permalink_structure($told['permalinks']);
    flush_rewrite_rules();
    foreach ($told['people'] as $name => $role) {
        $id = wp_insert_user(
            ['user_login' => $name, 'user_pass' => $told['password'], 'user_email' => "$name@rialto.example", 'role' => $role]
        );
        if (is_wp_error($id)) {
            exit($id->get_error_message() . "\n");
        }
    }
    $wrong = activate_plugin('projectionist/projectionist.php');
    if (is_wp_error($wrong)) {
        exit($wrong->get_error_message() . "\n");
    }
    Projectionist\Settings\Saving::map($told['roles']);
    $wrong = Projectionist\Settings\Saving::save($told['sites']);
    exit($wrong === [] ? 0 : implode("\n", $wrong) . "\n");
})();
