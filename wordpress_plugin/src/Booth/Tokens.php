<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * The token of each site: from wp-config.php or the environment, else from an encrypted option.
 *
 * A token names its site, prj_SITE_…, and no other site's server is ever sent it: PROJECTIONIST_TOKEN is that of the one
 * site that it names, PROJECTIONIST_TOKEN_RIALTO that of the site rialto where there are several.
 */
final class Tokens
{
    public const OPTION = 'projectionist_tokens';

    public static function of(Site $site): string
    {
        $configured = self::configured($site);
        if ($configured !== '') {
            return $configured;
        }
        $sealed = self::sealed()[$site->id()] ?? '';
        return $sealed === '' ? '' : Seal::open($sealed);
    }

    /** Where the token of a site comes from: `config`, `option`, or empty where there is none. */
    public static function source(Site $site): string
    {
        if (self::configured($site) !== '') {
            return 'config';
        }
        return isset(self::sealed()[$site->id()]) ? 'option' : '';
    }

    public static function keep(string $site, string $token): void
    {
        update_option(self::OPTION, [$site => Seal::shut($token)] + self::sealed(), false);
    }

    public static function forget(string $site): void
    {
        update_option(self::OPTION, array_diff_key(self::sealed(), [$site => true]), false);
    }

    private static function configured(Site $site): string
    {
        foreach (['PROJECTIONIST_TOKEN_' . strtoupper($site->id()), 'PROJECTIONIST_TOKEN'] as $name) {
            $found = trim(defined($name) ? (string) constant($name) : (string) getenv($name));
            if (strpos($found, 'prj_' . $site->id() . '_') === 0) {
                return $found;
            }
        }
        return '';
    }

    /** @return array<string, string> */
    private static function sealed(): array
    {
        return array_filter((array) get_option(self::OPTION, []), 'is_string');
    }
}
