<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

/**
 * Plugin Name: Projectionist
 * Description: Shows every hall of a film cinema live: what the reels do, the state diagram, the sessions, alarms and the log. For people who are no engineers.
 * Version: 0.1.0
 * Requires at least: 6.8
 * Requires PHP: 8.0
 * Author: The Projectionist developers
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain: projectionist
 * Domain Path: /languages
 */

// No types are declared and no namespace is used here: an old PHP must be able to read this file and say so.

if (! defined('ABSPATH')) {
    exit;
}

if (version_compare(PHP_VERSION, '8.0', '<') || ! is_wp_version_compatible('6.8')) {
    add_action('admin_notices', function () {
        echo '<div class="notice notice-error"><p>';
        echo esc_html__('Projectionist needs PHP 8.0 and WordPress 6.8 or newer. It stays off until both are there.', 'projectionist');
        echo '</p></div>';
    });
    return;
}

require_once __DIR__ . '/src/Autoload.php';
Projectionist\Autoload::register();
Projectionist\Plugin::start(__FILE__);
