<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Booth;

/**
 * Where the server of one cinema is: for WordPress, and for browsers. Never changed, only made anew.
 */
final class Site
{
    public const ID = '/^[a-z0-9]{1,16}$/';

    private string $id;
    private string $url;
    private string $browserUrl;

    /** @param string $browserUrl its address for browsers; empty: the same */
    public function __construct(string $id, string $url, string $browserUrl = '')
    {
        $this->id = $id;
        $this->url = untrailingslashit($url);
        $this->browserUrl = untrailingslashit($browserUrl);
    }

    public function id(): string
    {
        return $this->id;
    }

    public function url(): string
    {
        return $this->url;
    }

    /** The address for browsers as it was set: empty where it is the same. */
    public function browserUrl(): string
    {
        return $this->browserUrl;
    }

    public function streamUrl(): string
    {
        return ($this->browserUrl ?: $this->url) . '/api/v1/stream';
    }

    /** @return array{id: string, url: string, browser_url: string} */
    public function toArray(): array
    {
        return ['id' => $this->id, 'url' => $this->url, 'browser_url' => $this->browserUrl];
    }
}
