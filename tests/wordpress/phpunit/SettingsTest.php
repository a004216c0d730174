<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Settings\Page;
use Projectionist\Settings\Profile;
use Projectionist\Settings\Saving;

final class SettingsTest extends PluginTestCase
{
    private function page(): string
    {
        $this->signIn('admin');
        ob_start();
        Page::show();
        return (string) ob_get_clean();
    }

    public function testABoothIsKeptWithItsToken(): void
    {
        $token = str_replace('rialto', 'odeon', self::TOKEN);
        $wrong = Saving::save(['1' => ['id' => 'odeon', 'url' => 'https://odeon.example/', 'browser_url' => '', 'token' => $token]]);
        self::assertSame([], $wrong);
        self::assertSame(['rialto', 'odeon'], array_keys(Sites::all()));
        self::assertSame('https://odeon.example/api/v1/stream', Sites::get('odeon')->streamUrl());
        self::assertSame($token, Tokens::of(Sites::get('odeon')));
    }

    public function testAnEmptyTokenLeavesTheOneThatIsKept(): void
    {
        $row = ['id' => 'rialto', 'url' => 'http://booth.example:8000/', 'browser_url' => 'https://live.example', 'token' => ''];
        self::assertSame([], Saving::save([$row]));
        self::assertSame('https://live.example/api/v1/stream', Sites::get('rialto')->streamUrl());
        self::assertSame(self::TOKEN, Tokens::of(Sites::get('rialto')));
    }

    /** @dataProvider elsewhere */
    public function testATokenDoesNotGoToAnotherAddressThanItWasTypedFor(string $url): void
    {
        $row = ['id' => 'rialto', 'url' => $url, 'browser_url' => ''];
        $wrong = Saving::save([$row + ['token' => '']]);
        self::assertStringContainsString('Type one for the new address too.', $wrong[0]);
        self::assertSame('http://booth.example:8000', Sites::get('rialto')->url());
        self::assertSame([], Saving::save([$row + ['token' => self::TOKEN]]));
        self::assertSame($url, Sites::get('rialto')->url());
    }

    public function elsewhere(): array
    {
        return [['http://collector.example:8000'], ['https://booth.example:8000'], ['http://booth.example:8001']];
    }

    public function testOneBoothTooManyIsToldOfAndItsTokenNotKept(): void
    {
        $many = [];
        foreach (range(1, Sites::MOST) as $n) {
            $many["s$n"] = new Site("s$n", 'http://x.example');
        }
        Sites::keep($many);
        $token = str_replace('rialto', 'odeon', self::TOKEN);
        $wrong = Saving::save([['id' => 'odeon', 'url' => 'https://odeon.example', 'browser_url' => '', 'token' => $token]]);
        self::assertStringContainsString('odeon: there are 20 booths already', $wrong[0]);
        self::assertCount(20, Sites::all());
        self::assertArrayNotHasKey('odeon', get_option(Tokens::OPTION));
    }

    public function testARemovedBoothTakesItsTokenWithIt(): void
    {
        Saving::save([], ['rialto']);
        self::assertSame([], Sites::all());
        self::assertSame([], get_option(Tokens::OPTION));
    }

    /** @dataProvider wrong */
    public function testWhatIsWrongIsToldAndNothingOfItKept(array $changed, string $words): void
    {
        $wrong = Saving::save([3 => $changed + ['id' => 'odeon', 'url' => 'https://odeon.example', 'token' => '']]);
        self::assertStringContainsString($words, $wrong[3]);
        self::assertSame(['rialto'], array_keys(Sites::all()));
    }

    public function wrong(): array
    {
        return [
            [['id' => 'Odeon!'], '“Odeon!” is no id of a site: it has 1 to 16 small letters and digits.'],
            [['url' => ''], 'no address of a server'],
            [['url' => 'odeon.example'], 'It begins with https:// or http://'],
            [['url' => 'javascript:alert(1)'], 'no address of a server'],
            [['url' => 'https://anna:secret@odeon.example'], 'no address of a server'],
            [['url' => 'https://odeon.example/?token=1'], 'no address of a server'],
            [['url' => 'https://odeon.example/board'], 'no address of a server'],
            [['browser_url' => 'ftp://odeon.example'], 'no address of a server'],
            [['token' => 'not a token'], 'odeon: this is no token of a booth.'],
            [['token' => self::TOKEN], 'odeon: this token is of the site rialto.'],
        ];
    }

    public function testAMistypedTokenIsNotRepeated(): void
    {
        $wrong = Saving::save([['id' => 'odeon', 'url' => 'https://odeon.example', 'token' => self::TOKEN . 'x']]);
        self::assertStringNotContainsString('0123456789', $wrong[0]);
    }

    public function testThePageNeverShowsAToken(): void
    {
        $page = $this->page();
        self::assertStringContainsString('One is kept, encrypted.', $page);
        self::assertStringNotContainsString('0123456789abcdef', $page);
        self::assertMatchesRegularExpression('/name="sites\[0\]\[token\]" type="password" value=""/', $page);
    }

    public function testATokenOfTheConfigurationIsNotToBeChangedOnThePage(): void
    {
        putenv('PROJECTIONIST_TOKEN=' . self::TOKEN);
        $page = $this->page();
        putenv('PROJECTIONIST_TOKEN');
        self::assertStringContainsString('It is set in wp-config.php or the environment', $page);
        self::assertStringNotContainsString('sites[0][token]', $page);
        self::assertStringNotContainsString('0123456789abcdef', $page);
    }

    public function testWhoeverMayNotManageSavesNothing(): void
    {
        $this->signIn('operator');
        $_REQUEST['_wpnonce'] = wp_create_nonce(Saving::ACTION);
        $_POST = ['remove' => ['rialto'], 'roles' => ['subscriber' => 'operate']];
        add_filter('wp_die_handler', static fn () => static function ($words): void {
            throw new RuntimeException(wp_strip_all_tags((string) $words));
        });
        try {
            Saving::handle();
            self::fail('it was saved');
        } catch (RuntimeException $died) {
            self::assertSame('You may not change these settings.', $died->getMessage());
        } finally {
            remove_all_filters('wp_die_handler');
            unset($_REQUEST['_wpnonce']);
        }
        self::assertNotNull(Sites::get('rialto'));
    }

    public function testAPersonAsksForAlarmsByMailAndThinksBetterOfIt(): void
    {
        $manager = get_user_by('login', 'manager')->ID;
        $this->signIn('manager');
        $_POST = ['projectionist_alarm_mail' => '1'];
        Profile::save($manager);
        self::assertSame('1', get_user_meta($manager, 'projectionist_alarm_mail', true));
        $_POST = [];
        Profile::save($manager);
        self::assertSame('', get_user_meta($manager, 'projectionist_alarm_mail', true));
    }

    public function testWhoeverDoesNotSeeTheHallsIsNotOfferedTheirAlarms(): void
    {
        $guest = get_user_by('login', 'guest');
        ob_start();
        Profile::show($guest);
        self::assertSame('', ob_get_clean());
        $this->signIn('guest');
        $_POST = ['projectionist_alarm_mail' => '1'];
        Profile::save($guest->ID);
        self::assertSame('', get_user_meta($guest->ID, 'projectionist_alarm_mail', true));
    }
}
