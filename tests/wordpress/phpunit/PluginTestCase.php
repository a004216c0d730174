<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use PHPUnit\Framework\TestCase;
use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Settings\Saving;

/**
 * A WordPress with one booth connected, as after an installation; nobody has signed in.
 */
abstract class PluginTestCase extends TestCase
{
    protected const TOKEN = 'prj_rialto_0123456789ab_0123456789abcdef0123456789abcdef0123456789abcdef';

    protected FakeBooth $booth;

    protected function setUp(): void
    {
        $this->booth = new FakeBooth();
        add_filter('pre_http_request', [$this->booth, 'answer'], 10, 3);
        add_filter('pre_wp_mail', '__return_true'); // nothing leaves this machine
        $this->forget();
        delete_option(Tokens::OPTION);
        Sites::keep(['rialto' => new Site('rialto', 'http://booth.example:8000')]);
        Tokens::keep('rialto', self::TOKEN);
        Saving::map(['administrator' => 'operate', 'editor' => 'view', 'author' => 'operate', 'subscriber' => 'none']);
        wp_set_current_user(0);
    }

    protected function tearDown(): void
    {
        remove_filter('pre_http_request', [$this->booth, 'answer']);
        $this->forget();
        unset($_POST, $_GET);
        $_POST = $_GET = [];
    }

    /** Everything that was kept for a moment is gone, as after that moment. */
    protected function forget(): void
    {
        global $wpdb;
        $names = $wpdb->get_col("SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE '%transient%projectionist%'");
        array_map('delete_option', $names);
    }

    protected function signIn(string $name): void
    {
        wp_set_current_user(get_user_by('login', $name)->ID);
    }

    /** Ask a route as the browser of whoever has signed in does. */
    protected function rest(string $method, string $path, array $sent = [], bool $nonce = true): WP_REST_Response
    {
        $request = new WP_REST_Request($method, '/projectionist/v1' . $path);
        if ($nonce) {
            $request->set_header('X-WP-Nonce', wp_create_nonce('wp_rest'));
        }
        if ($method === 'GET') {
            $request->set_query_params($sent);
        } else {
            $request->set_header('Content-Type', 'application/json');
            $request->set_body((string) wp_json_encode((object) $sent));
        }
        return rest_get_server()->dispatch($request);
    }

    /** What a browser would be given of an answer. */
    protected function text(WP_REST_Response $answer): string
    {
        return (string) wp_json_encode([$answer->get_data(), $answer->get_headers()]);
    }
}
