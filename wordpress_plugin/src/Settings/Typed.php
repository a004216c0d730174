<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Settings;

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;

/**
 * What somebody typed of one booth, held against what a booth is.
 */
final class Typed
{
    private const TOKEN = '/^prj_([a-z0-9]{1,16})_[0-9a-f]{12}_[0-9a-f]{48}$/';
    private const ADDRESS = ['scheme' => 1, 'host' => 1, 'port' => 1, 'path' => 1];

    /**
     * What is wrong with it, in words; empty: nothing.
     *
     * @param array<string, string> $row
     */
    public static function wrong(array $row): string
    {
        $id = $row['id'] ?? '';
        if (preg_match(Site::ID, $id) !== 1) {
            /* translators: %s: what was typed */
            return sprintf(__('“%s” is no id of a site: it has 1 to 16 small letters and digits.', 'projectionist'), $id);
        }
        foreach (['url', 'browser_url'] as $name) {
            $url = $row[$name] ?? '';
            if (($url !== '' || $name === 'url') && ! self::isAddress($url)) {
                /* translators: 1: the id of a site, 2: what was typed */
                $words = __('%1$s: “%2$s” is no address of a server. It begins with https:// or http://, and ends with the name or port.', 'projectionist');
                return sprintf($words, $id, $url);
            }
        }
        if (($row['token'] ?? '') === '' && self::wouldTakeItsTokenElsewhere($id, $row['url'])) {
            /* translators: %s: the id of a site */
            $words = __('%s: the token that is kept is for the server at the old address. Type one for the new address too.', 'projectionist');
            return sprintf($words, $id);
        }
        return self::wrongToken($id, $row['token'] ?? '');
    }

    /** Whoever may change the address need not know the token, and must not come to know it at a server of their own. */
    private static function wouldTakeItsTokenElsewhere(string $id, string $url): bool
    {
        $site = Sites::get($id);
        return $site !== null && Tokens::source($site) === 'option'
            && strtolower(untrailingslashit($url)) !== strtolower($site->url());
    }

    private static function isAddress(string $url): bool
    {
        $parts = wp_parse_url($url);
        return is_array($parts) && in_array($parts['scheme'] ?? '', ['http', 'https'], true) && ($parts['host'] ?? '') !== ''
            && trim($parts['path'] ?? '', '/') === '' && array_diff_key($parts, self::ADDRESS) === []
            && sanitize_url($url) === $url;
    }

    /** The words never repeat what was typed: it may be a token with a slip in it. */
    private static function wrongToken(string $id, string $token): string
    {
        if ($token === '') {
            return '';
        }
        if (preg_match(self::TOKEN, $token, $found) !== 1) {
            /* translators: %s: the id of a site */
            return sprintf(__('%s: this is no token of a booth. It begins with prj_ and is one line.', 'projectionist'), $id);
        }
        if ($found[1] !== $id) {
            /* translators: 1: the id of a site, 2: the id of another one */
            return sprintf(__('%1$s: this token is of the site %2$s.', 'projectionist'), $id, $found[1]);
        }
        return '';
    }
}
