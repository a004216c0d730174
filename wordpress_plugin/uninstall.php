<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

if (! defined('WP_UNINSTALL_PLUGIN')) {
    exit;
}

require_once __DIR__ . '/src/Autoload.php';
Projectionist\Autoload::register();
Projectionist\Leaving::clean();
