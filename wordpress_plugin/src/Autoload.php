<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist;

/**
 * Finds the plugin's classes: Projectionist\Booth\Client is src/Booth/Client.php.
 */
final class Autoload
{
    public static function register(): void
    {
        spl_autoload_register(static function (string $class): void {
            if (strncmp($class, __NAMESPACE__ . '\\', strlen(__NAMESPACE__) + 1) !== 0) {
                return;
            }
            $name = substr($class, strlen(__NAMESPACE__) + 1);
            $file = __DIR__ . '/' . str_replace('\\', '/', $name) . '.php';
            if (is_file($file)) {
                require $file;
            }
        });
    }
}
