<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

use SodiumException;

/**
 * Encrypts what the database keeps, with a key from the secrets of wp-config.php: a copy of the database alone opens nothing.
 */
final class Seal
{
    public static function shut(string $text): string
    {
        $nonce = random_bytes(SODIUM_CRYPTO_SECRETBOX_NONCEBYTES);
        return base64_encode($nonce . sodium_crypto_secretbox($text, $nonce, self::key()));
    }

    /** Returns the text, or nothing when it cannot be opened: the secrets of wp-config.php were changed since. */
    public static function open(string $sealed): string
    {
        $bytes = base64_decode($sealed, true);
        if ($bytes === false || strlen($bytes) <= SODIUM_CRYPTO_SECRETBOX_NONCEBYTES) {
            return '';
        }
        $nonce = substr($bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES);
        try {
            $text = sodium_crypto_secretbox_open(substr($bytes, strlen($nonce)), $nonce, self::key());
        } catch (SodiumException $wrong) {
            return '';
        }
        return $text === false ? '' : $text;
    }

    private static function key(): string
    {
        return sodium_crypto_generichash('projectionist token' . wp_salt('auth'), '', SODIUM_CRYPTO_SECRETBOX_KEYBYTES);
    }
}
