<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\Client;
use Projectionist\Booth\Path;
use Projectionist\Booth\Seal;
use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Booth\Unanswered;

final class TokensTest extends PluginTestCase
{
    protected function tearDown(): void
    {
        putenv('PROJECTIONIST_TOKEN');
        putenv('PROJECTIONIST_TOKEN_ODEON');
        parent::tearDown();
    }

    public function testTheDatabaseKeepsItEncryptedAndLoadsItOnNoPage(): void
    {
        global $wpdb;
        $row = $wpdb->get_row("SELECT option_value, autoload FROM {$wpdb->options} WHERE option_name = 'projectionist_tokens'");
        self::assertStringNotContainsString('prj_', $row->option_value);
        self::assertStringNotContainsString('0123456789abcdef', $row->option_value);
        self::assertSame('off', $row->autoload);
        self::assertSame(self::TOKEN, Tokens::of(Sites::get('rialto')));
        self::assertSame('option', Tokens::source(Sites::get('rialto')));
    }

    public function testTheSameTokenIsNeverWrittenTheSameWay(): void
    {
        self::assertNotSame(Seal::shut(self::TOKEN), Seal::shut(self::TOKEN));
    }

    public function testWhatIsNotOursIsNotOpened(): void
    {
        $sealed = base64_decode(Seal::shut(self::TOKEN));
        $sealed[-1] = chr(ord($sealed[-1]) ^ 1);
        foreach (['', 'no base64!', base64_encode('short'), base64_encode($sealed)] as $text) {
            self::assertSame('', Seal::open($text));
        }
    }

    public function testWhatTheEnvironmentSaysCountsMore(): void
    {
        putenv('PROJECTIONIST_TOKEN=prj_rialto_from_environment');
        self::assertSame('prj_rialto_from_environment', Tokens::of(Sites::get('rialto')));
        self::assertSame('config', Tokens::source(Sites::get('rialto')));
    }

    public function testEachSiteHasItsOwn(): void
    {
        $odeon = new Site('odeon', 'http://odeon.example');
        Sites::keep(Sites::all() + ['odeon' => $odeon]);
        putenv('PROJECTIONIST_TOKEN=prj_rialto_a');
        self::assertSame('', Tokens::of($odeon));
        putenv('PROJECTIONIST_TOKEN_ODEON=prj_odeon_b');
        self::assertSame('prj_odeon_b', Tokens::of($odeon));
        self::assertSame('prj_rialto_a', Tokens::of(Sites::get('rialto')));
    }

    public function testNoServerIsSentTheTokenOfAnotherSite(): void
    {
        putenv('PROJECTIONIST_TOKEN=prj_rialto_a');
        $odeon = new Site('odeon', 'http://odeon.example');
        Sites::keep(['odeon' => $odeon]); // rialto was removed: odeon is the first one now
        self::assertSame(['', ''], [Tokens::of($odeon), Tokens::source($odeon)]);
        putenv('PROJECTIONIST_TOKEN_ODEON=prj_rialto_a');
        self::assertSame('', Tokens::of($odeon));
    }

    /** A constant stays for the life of a process: this is asked in one of its own. */
    public function testAConstantOfTheConfigurationCountsMoreThanTheEnvironment(): void
    {
        $code = <<<'PHP'
            define('PROJECTIONIST_TOKEN', 'prj_rialto_from_constant');
            define('PROJECTIONIST_TOKEN_ODEON', 'prj_odeon_from_constant');
            require getenv('WP_ROOT') . '/wp-load.php';
            foreach (['rialto', 'odeon', 'gloria'] as $id) {
                echo Projectionist\Booth\Tokens::of(new Projectionist\Booth\Site($id, 'http://x.example')), "\n";
            }
            PHP;
        putenv('PROJECTIONIST_TOKEN=prj_rialto_from_environment');
        exec(escapeshellarg(PHP_BINARY) . ' -r ' . escapeshellarg($code) . ' 2>&1', $said, $status);
        self::assertSame([0, ['prj_rialto_from_constant', 'prj_odeon_from_constant', '']], [$status, $said]);
    }

    public function testWithoutATokenNothingIsAsked(): void
    {
        Tokens::forget('rialto');
        try {
            (new Client(Sites::get('rialto')))->get(Path::SITE);
            self::fail('it was asked');
        } catch (Unanswered $wrong) {
            self::assertSame('There is no token for this site.', $wrong->getMessage());
            self::assertSame([], $this->booth->asked);
        }
    }
}
