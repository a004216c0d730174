<?php

/* SPDX-License-Identifier: Apache-2.0 */

// Where this WordPress is and what it keeps is told by the environment: one unpacked tree serves several sites.
foreach (['DB_NAME', 'DB_HOST', 'WP_HOME', 'WP_SITEURL'] as $name) {
    define($name, (string) getenv($name));
}
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $kind) {
    foreach (['_KEY', '_SALT'] as $part) {
        define($kind . $part, hash('sha256', $kind . $part . getenv('WP_SECRET')));
    }
}
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', (string) getenv('WP_LOG'));

$table_prefix = 'wp_';

if (! defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}

require_once ABSPATH . 'wp-settings.php';
