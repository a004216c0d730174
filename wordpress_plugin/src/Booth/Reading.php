<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * Reads what many ask for at once no more than once in a moment, and lets what is silent be for a moment.
 */
final class Reading
{
    private const FRESH_S = [Path::SITE => 2, Path::HALLS => 2, Path::GRAPH => 60];
    private const SILENT_S = 3;
    public const PREFIX = 'projectionist_';

    private Site $site;

    public function __construct(Site $site)
    {
        $this->site = $site;
    }

    /**
     * @param array<string, string> $places
     * @param array<string, string> $query
     * @return array<string, mixed>
     * @throws BoothError
     */
    public function get(string $path, array $places = [], array $query = []): array
    {
        $known = $query === [] ? $this->remembered($path, $places) : null;
        return $known ?? $this->anew($path, $places, $query);
    }

    /**
     * Read from the booth itself, and remember what is asked for often.
     *
     * @param array<string, string> $places
     * @param array<string, string> $query
     * @return array<string, mixed>
     * @throws BoothError
     */
    public function anew(string $path, array $places = [], array $query = []): array
    {
        $said = $this->unlessSilent($path, static fn (Client $client): array => $client->get($path, $places, $query));
        if ($query === [] && isset(self::FRESH_S[$path])) {
            set_transient($this->key($path, $places), $said, self::FRESH_S[$path]);
        }
        return $said;
    }

    /**
     * @param array<string, string> $places
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     * @throws BoothError
     */
    public function post(string $path, array $places, array $body, string $person = ''): array
    {
        return $this->unlessSilent($path, static fn (Client $client): array => $client->post($path, $places, $body, $person));
    }

    /**
     * What somebody else was told a moment ago; null: nothing, or it is too old.
     *
     * @param array<string, string> $places
     * @return array<string, mixed>|null
     */
    public function remembered(string $path, array $places = []): ?array
    {
        $known = get_transient($this->key($path, $places));
        return is_array($known) ? $known : null;
    }

    /** @throws BoothError */
    public function snapshot(): Snapshot
    {
        return new Snapshot($this->get(Path::HALLS));
    }

    /** @param array<string, string> $places */
    private function key(string $path, array $places): string
    {
        return self::PREFIX . md5($this->site->id() . $this->site->url() . $path . implode('/', $places));
    }

    /**
     * Ask, unless somebody else just waited in vain: no PHP process waits for what is known to be away.
     *
     * A server that cannot be reached is away for every question; one that was too slow for one kind of them may well
     * answer the others, and one that answers what it should not has kept nobody waiting.
     *
     * @param callable(Client): array<string, mixed> $ask
     * @return array<string, mixed>
     */
    private function unlessSilent(string $path, callable $ask): array
    {
        $away = self::PREFIX . 'silent_' . md5($this->site->id() . $this->site->url());
        $slow = $away . '_' . md5($path);
        foreach ([$away, $slow] as $key) {
            $why = get_transient($key);
            if (is_string($why)) {
                throw new Unanswered($why);
            }
        }
        try {
            return $ask(new Client($this->site));
        } catch (Unreached | Late $wrong) {
            set_transient($wrong instanceof Unreached ? $away : $slow, $wrong->getMessage(), self::SILENT_S);
            throw $wrong;
        }
    }
}
