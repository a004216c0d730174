<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Care\AlarmMail;
use Projectionist\Care\Examination;
use Projectionist\Care\SiteHealth;
use Projectionist\Care\Told;
use Projectionist\Booth\Sites;
use Projectionist\Settings\Saving;

final class CareTest extends PluginTestCase
{
    /** @var list<array<string, mixed>> */
    private array $sent = [];
    /** @var callable(): bool what becomes of a mail */
    private $post;

    protected function setUp(): void
    {
        parent::setUp();
        delete_option(Told::OPTION);
        remove_all_filters('pre_wp_mail');
        $this->post = '__return_true';
        add_filter('pre_wp_mail', function ($unused, array $mail): bool {
            $this->sent[] = $mail;
            return ($this->post)();
        }, 10, 2);
        update_user_meta(get_user_by('login', 'manager')->ID, AlarmMail::WANTED, '1');
    }

    protected function tearDown(): void
    {
        remove_all_filters('pre_wp_mail');
        delete_metadata('user', 0, AlarmMail::WANTED, '', true);
        parent::tearDown();
    }

    private function look(): void
    {
        $this->forget();
        AlarmMail::look();
    }

    public function testANewAlarmIsMailedOnceToWhoeverAskedForIt(): void
    {
        $this->look();
        $this->look();
        self::assertCount(1, $this->sent);
        self::assertSame('manager@rialto.example', $this->sent[0]['to']);
        self::assertSame('Rialto, Hall 2: film break: thread it again', $this->sent[0]['subject']);
        self::assertStringContainsString('Since 01:00:00; nobody has acknowledged it.', $this->sent[0]['message']);
    }

    public function testAnAlarmThatComesAgainIsAnotherOne(): void
    {
        $this->look();
        $board = &$this->booth->answers['/api/v1/halls'][1];
        $board['halls'][1]['alarms'][0]['since_ms'] += 60_000;
        $this->look();
        self::assertCount(2, $this->sent);
    }

    public function testABoothThatWasAwayIsNotToldOfAnew(): void
    {
        $this->look();
        $board = $this->booth->answers['/api/v1/halls'];
        $this->booth->answers['/api/v1/halls'] = new WP_Error('http', 'away');
        $this->look();
        $this->booth->answers['/api/v1/halls'] = $board;
        $this->look();
        self::assertCount(1, $this->sent);
    }

    public function testAMailThatCouldNotBeSentIsTriedAgain(): void
    {
        $this->post = '__return_false';
        $this->look();
        $this->post = '__return_true';
        $this->look();
        $this->look();
        self::assertCount(2, $this->sent);
    }

    /** A run that takes too long is ended by PHP, wherever it is. */
    public function testWhatWasSentBeforeARunWasCutOffIsNotSentAgain(): void
    {
        $this->booth->answers['/api/v1/halls'][1]['halls'][0]['alarms'] = [FakeBooth::alarm('lamp_failed', 'unacknowledged')];
        $this->post = function (): bool {
            return count($this->sent) < 2 ? true : throw new RuntimeException('Maximum execution time exceeded');
        };
        try {
            $this->look();
            self::fail('it was not cut off');
        } catch (RuntimeException $cut) {
            $this->post = '__return_true';
        }
        $this->look();
        $subjects = array_column($this->sent, 'subject');
        self::assertStringContainsString('Hall 1', $subjects[0]);
        self::assertCount(1, array_keys($subjects, $subjects[0], true));
        self::assertSame($subjects[1], $subjects[2]);
    }

    public function testWhoeverMayNoLongerLookIsNotTold(): void
    {
        Saving::map(['editor' => 'none']);
        $this->look();
        self::assertSame([], $this->sent);
    }

    public function testItLooksOnceAMinute(): void
    {
        AlarmMail::rest();
        AlarmMail::begin();
        AlarmMail::begin();
        self::assertSame(60, wp_get_schedules()[wp_get_schedule(AlarmMail::EVENT)]['interval']);
        AlarmMail::rest();
        self::assertFalse(wp_next_scheduled(AlarmMail::EVENT));
        AlarmMail::begin();
    }

    /** @dataProvider examined */
    public function testAnExaminationSaysWhatIsWrong(callable $change, bool $good, string $words): void
    {
        $change($this->booth);
        $found = Examination::of(Sites::get('rialto'));
        self::assertSame($good, $found->isGood());
        self::assertStringContainsString($words, implode(' ', array_column($found->findings(), 'words')));
        self::assertStringNotContainsString('prj_', (string) wp_json_encode($found->toArray()));
    }

    public function examined(): array
    {
        $site = static fn (array $changed): callable => static function (FakeBooth $booth) use ($changed): void {
            $booth->answers['/api/v1/site'][1] = $changed + $booth->answers['/api/v1/site'][1];
        };
        return [
            'all well' => [$site([]), true, 'Its clock and ours agree.'],
            'clock' => [$site(['now_ms' => (int) (microtime(true) * 1000) + 90_000]), false, 's ahead of ours'],
            'version' => [$site(['version' => '0.9.1']), false, 'It is version 0.9.1, this plugin 0.1.0'],
            'a patch more' => [$site(['version' => '0.1.9']), true, 'It is version 0.1.9, and this plugin fits it.'],
            'another site' => [$site(['id' => 'odeon']), false, 'calls itself odeon, not rialto'],
            'token' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/site'] = [401, ['error' => ['words' => 'This token is not known here.']]];
            }, false, 'It does not take our token: This token is not known here.'],
            'not the token' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/site'] = [429, ['error' => ['words' => 'Too many requests.']]];
            }, false, 'It refuses to say how it is: Too many requests.'],
            'a token of a lesser scope' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/caller'][1]['scope'] = 'view';
            }, false, 'Its token does not let anybody operate halls'],
            'a token that deploys' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/caller'][1]['scope'] = 'deploy';
            }, false, 'Its token does not let anybody operate halls'],
            'a lesser scope, where nobody may do more' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/caller'][1]['scope'] = 'view';
                Saving::map(['administrator' => 'view', 'author' => 'view']);
            }, true, 'takes our token'],
            'another release, which does not know the question' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/site'][1]['version'] = '0.0.9';
                unset($booth->answers['/api/v1/caller']);
            }, false, 'It is version 0.0.9, this plugin 0.1.0'],
            'away' => [static function (FakeBooth $booth): void {
                $booth->answers['/api/v1/site'] = new WP_Error('http', 'connection refused');
            }, false, 'http://booth.example:8000 cannot be reached from this WordPress: connection refused'],
        ];
    }

    public function testSiteHealthHasTheTestAndItsResult(): void
    {
        self::assertArrayHasKey('projectionist', WP_Site_Health::get_tests()['async']);
        self::assertSame('good', SiteHealth::result()['status']);
        $this->booth->answers['/api/v1/site'] = new WP_Error('http', '<b>away</b>');
        $result = SiteHealth::result();
        self::assertSame('critical', $result['status']);
        self::assertStringContainsString('&lt;b&gt;away', $result['description']);
        Sites::keep([]);
        self::assertStringContainsString('No site is set yet.', SiteHealth::result()['description']);
    }
}
