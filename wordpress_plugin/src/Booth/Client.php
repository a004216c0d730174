<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

use Projectionist\Plugin;
use WP_Error;

/**
 * Asks the server of one site, as WordPress, with its token: a fixed list of paths, a limit on each wait, no redirects.
 */
final class Client
{
    public const LIMIT_S = 3;
    private const MOST_BYTES = 4 * 1024 * 1024;
    private const ANSWERED_STATUS = [200, 201];
    /** What WordPress's transports say where there was a connection: late, cut off, nothing in it. */
    private const CONNECTED = '/^cURL error (18|52|55|56):|Operation timed out|fsocket timed out/';

    private Site $site;
    private string $token;

    public function __construct(Site $site)
    {
        $this->site = $site;
        $this->token = Tokens::of($site);
    }

    /**
     * @param array<string, string> $places what stands in the path
     * @param array<string, string> $query
     * @return array<string, mixed>
     * @throws BoothError
     */
    public function get(string $path, array $places = [], array $query = []): array
    {
        $url = Path::spell($path, $places);
        return $this->ask('GET', $query === [] ? $url : $url . '?' . http_build_query($query));
    }

    /**
     * @param array<string, string> $places
     * @param array<string, mixed> $body
     * @param string $person whom WordPress asks for; the booth's log and audit name them
     * @return array<string, mixed>
     * @throws BoothError
     */
    public function post(string $path, array $places, array $body, string $person = ''): array
    {
        return $this->ask('POST', Path::spell($path, $places), (string) wp_json_encode((object) $body), $person);
    }

    /** @return array<string, mixed> */
    private function ask(string $method, string $path, string $body = '', string $person = ''): array
    {
        if ($this->token === '') {
            throw new Unanswered(__('There is no token for this site.', 'projectionist'));
        }
        $headers = ['Authorization' => 'Bearer ' . $this->token, 'Accept' => 'application/json'];
        if ($body !== '') {
            $headers['Content-Type'] = 'application/json';
        }
        if ($person !== '') {
            $headers['X-On-Behalf-Of'] = rawurlencode(mb_substr($person, 0, 80));
        }
        $answer = wp_remote_request($this->site->url() . $path, [
            'method' => $method,
            'timeout' => self::LIMIT_S,
            'redirection' => 0,
            'headers' => $headers,
            'body' => $body === '' ? null : $body,
            'user-agent' => 'Projectionist/' . Plugin::VERSION,
            'limit_response_size' => self::MOST_BYTES,
        ]);
        return $this->understood($answer);
    }

    /**
     * @param array<string, mixed>|WP_Error $answer
     * @return array<string, mixed>
     */
    private function understood($answer): array
    {
        if (is_wp_error($answer)) {
            $why = $this->withoutToken($answer->get_error_message());
            throw preg_match(self::CONNECTED, $why) === 1 ? new Late($why) : new Unreached($why);
        }
        $status = (int) wp_remote_retrieve_response_code($answer);
        $said = json_decode(wp_remote_retrieve_body($answer)); // inner objects stay objects: an empty one is no list
        if (in_array($status, self::ANSWERED_STATUS, true) && is_object($said)) {
            return get_object_vars($said);
        }
        if ($status >= 400 && $status < 500 && is_string($said->error->words ?? null)) {
            throw new Refused($said->error->words, $status);
        }
        /* translators: %d: an HTTP status */
        throw new Unanswered(sprintf(__('It answers %d, which no booth\'s server does here.', 'projectionist'), $status));
    }

    /** The transport's words are shown to administrators; whatever it quotes, it never quotes this. */
    private function withoutToken(string $words): string
    {
        return str_replace($this->token, '…', $words);
    }
}
