<?php

/* SPDX-License-Identifier: Apache-2.0 */

// The tests run inside a real WordPress; only what it would ask a booth for is answered here.
global $table_prefix, $wpdb, $wp, $wp_query, $wp_the_query, $wp_rewrite, $shortcode_tags;
require getenv('WP_ROOT') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once __DIR__ . '/FakeBooth.php';
require_once __DIR__ . '/PluginTestCase.php';
