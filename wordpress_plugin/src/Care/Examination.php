<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Care;

use Projectionist\Booth\BoothError;
use Projectionist\Booth\Client;
use Projectionist\Booth\Path;
use Projectionist\Booth\Refused;
use Projectionist\Booth\Site;
use Projectionist\Booth\Snapshot;
use Projectionist\Plugin;
use Projectionist\Rights;

/**
 * Looks whether a site can be reached, knows our token, has our time and our version. Never changed once made.
 */
final class Examination
{
    private const SKEW_MS = 2000;
    /** The scopes of tokens that may operate. */
    private const OPERATES = ['operate', 'admin'];

    private Site $site;
    /** @var list<array{ok: bool, words: string}> */
    private array $findings = [];

    private function __construct(Site $site)
    {
        $this->site = $site;
    }

    /** Ask the site now, whatever was asked a moment ago. */
    public static function of(Site $site): self
    {
        $made = new self($site);
        $client = new Client($site);
        $asked = microtime(true);
        try {
            $said = $client->get(Path::SITE);
        } catch (BoothError $wrong) {
            $made->unreached($wrong);
            return $made;
        }
        $took = microtime(true) - $asked;
        $made->reached(new Snapshot(['site' => $said]), ($asked + $took / 2) * 1000, $took * 1000);
        $made->scope($client);
        return $made;
    }

    public function isGood(): bool
    {
        return ! in_array(false, array_column($this->findings, 'ok'), true);
    }

    /** @return list<array{ok: bool, words: string}> */
    public function findings(): array
    {
        return $this->findings;
    }

    /** @return array{good: bool, findings: list<array{ok: bool, words: string}>} */
    public function toArray(): array
    {
        return ['good' => $this->isGood(), 'findings' => $this->findings];
    }

    private function unreached(BoothError $wrong): void
    {
        if ($wrong instanceof Refused) {
            $this->note(true, __('It can be reached.', 'projectionist'));
            $words = $wrong->isOfToken()
                /* translators: %s: what the server said */
                ? __('It does not take our token: %s', 'projectionist')
                /* translators: %s: what the server said */
                : __('It refuses to say how it is: %s', 'projectionist');
            $this->note(false, sprintf($words, $wrong->getMessage()));
            return;
        }
        /* translators: 1: the address of a server, 2: what went wrong */
        $words = __('%1$s cannot be reached from this WordPress: %2$s', 'projectionist');
        $this->note(false, sprintf($words, $this->site->url(), $wrong->getMessage()));
    }

    private function reached(Snapshot $booth, float $ourMs, float $tookMs): void
    {
        /* translators: %d: milliseconds */
        $this->note(true, sprintf(__('It answers within %d ms, and takes our token.', 'projectionist'), (int) ceil($tookMs)));
        /* translators: 1: the id that was set, 2: the id of the site that answers */
        $words = __('The site there calls itself %2$s, not %1$s: set its id so.', 'projectionist');
        if ($booth->id() !== $this->site->id()) {
            $this->note(false, sprintf($words, $this->site->id(), $booth->id()));
        }
        $this->time($booth->nowMs() - $ourMs, $tookMs);
        $this->version($booth->version());
    }

    /** A token that may only look is right where nobody here may do more. */
    private function scope(Client $client): void
    {
        try {
            $scope = $client->get(Path::CALLER)['scope'] ?? '';
        } catch (BoothError $wrong) {
            /* translators: %s: what the server said */
            $this->note(false, sprintf(__('It does not say what our token may do: %s', 'projectionist'), $wrong->getMessage()));
            return;
        }
        if (Rights::anyOperates() && ! in_array($scope, self::OPERATES, true)) {
            $words = __('Its token does not let anybody operate halls, and roles of this WordPress may: make one with --scope operate, or let no role operate.', 'projectionist');
            $this->note(false, $words);
        }
    }

    private function time(float $aheadMs, float $tookMs): void
    {
        if (abs($aheadMs) <= self::SKEW_MS + $tookMs) {
            $this->note(true, __('Its clock and ours agree.', 'projectionist'));
            return;
        }
        /* translators: %s: seconds, with a sign */
        $words = __('Its clock is %s s ahead of ours. Let both keep time by NTP.', 'projectionist');
        $this->note(false, sprintf($words, number_format_i18n($aheadMs / 1000, 1)));
    }

    /** Before 1.0 the second number counts: what has another one may speak otherwise. */
    private function version(string $theirs): void
    {
        $line = static fn (string $version): string => implode('.', array_slice(explode('.', $version), 0, 2));
        $same = $line($theirs) === $line(Plugin::VERSION);
        /* translators: 1: the server's version, 2: the plugin's */
        $words = $same
            ? __('It is version %1$s, and this plugin fits it.', 'projectionist')
            : __('It is version %1$s, this plugin %2$s: install the plugin of its release.', 'projectionist');
        $this->note($same, sprintf($words, $theirs, Plugin::VERSION));
    }

    private function note(bool $ok, string $words): void
    {
        $this->findings[] = ['ok' => $ok, 'words' => $words];
    }
}
