<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

/**
 * Answers in a booth's place what WordPress asks over HTTP, and remembers each question.
 */
final class FakeBooth
{
    /** @var list<array{method: string, url: string, args: array<string, mixed>}> */
    public array $asked = [];
    /** @var array<string, array{int, mixed}|WP_Error> by path */
    public array $answers = [];

    public function __construct()
    {
        $site = [
            'id' => 'rialto', 'name' => 'Rialto', 'version' => Projectionist\Plugin::VERSION, 'zone' => 'Europe/Berlin',
            'now_ms' => (int) (microtime(true) * 1000), 'pos' => 7, 'runtime' => 'live', 'beat_ms' => 1,
        ];
        $this->answers['/api/v1/site'] = [200, $site];
        $this->answers['/api/v1/caller'] = [200, ['actor' => 'wordpress', 'scope' => 'operate']];
        $this->answers['/api/v1/halls'] = [200, ['site' => $site, 'halls' => [
            ['id' => 'h1', 'name' => 'Hall 1', 'live' => true, 'alarms' => []],
            ['id' => 'h2', 'name' => 'Hall 2', 'live' => true, 'alarms' => [
                self::alarm('film_break', 'unacknowledged'),
                self::alarm('session_lost_sound', 'unacknowledged', 'film_break'),
                self::alarm('door_open', 'acknowledged'),
            ]],
        ]]];
    }

    /** @return array<string, mixed> */
    public static function alarm(string $name, string $state, string $root = ''): array
    {
        $words = str_replace('_', ' ', $name) . ': thread it again';
        return ['name' => $name, 'words' => $words, 'state' => $state, 'since_ms' => 1767225600000, 'root' => $root];
    }

    /** In all halls everything is in order. */
    public function quiet(): void
    {
        $this->answers['/api/v1/halls'][1]['halls'][1]['alarms'] = [];
    }

    /** @return array<string, mixed>|WP_Error */
    public function answer($unused, array $args, string $url)
    {
        $this->asked[] = ['method' => $args['method'], 'url' => $url, 'args' => $args];
        $answer = $this->answers[(string) wp_parse_url($url, PHP_URL_PATH)] ?? [404, ['error' => ['words' => 'No such thing.']]];
        if ($answer instanceof WP_Error) {
            return $answer;
        }
        [$status, $said] = $answer;
        $body = is_string($said) ? $said : (string) wp_json_encode($said);
        return ['response' => ['code' => $status, 'message' => ''], 'body' => $body, 'headers' => [], 'cookies' => []];
    }
}
