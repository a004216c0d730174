<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\Sites;
use Projectionist\Screen\BoardPage;
use Projectionist\Screen\Component;

final class ScreensTest extends PluginTestCase
{
    public function testTheElementNamesItsPlacesAndNoSecret(): void
    {
        $this->signIn('operator');
        $html = Component::board(Sites::get('rialto'), ['halls' => ['h1', '"><b>', 'h2'], 'compact' => true, 'theme' => 'dark']);
        self::assertStringContainsString('stream="http://booth.example:8000/api/v1/stream"', $html);
        self::assertStringContainsString('/projectionist/v1/sites/rialto/stream/tickets"', $html);
        self::assertStringContainsString(' halls="h1 h2" theme="dark" compact', $html);
        self::assertStringContainsString('scope="operate"', $html);
        self::assertStringNotContainsString('prj_', $html);
        self::assertStringNotContainsString('<b>', $html);
        self::assertSame([], $this->booth->asked);
    }

    public function testWhoeverMayOnlyLookGetsNoButtons(): void
    {
        $this->signIn('manager');
        self::assertStringContainsString('scope="view"', Component::board(Sites::get('rialto')));
    }

    public function testShortcodeAndBlockShowABoardToWhoeverMayLook(): void
    {
        $this->signIn('manager');
        $short = do_shortcode('[projectionist site="rialto" halls="h1, h2" compact="yes"]');
        self::assertMatchesRegularExpression('/<hall-board [^>]* halls="h1 h2" compact/', $short);
        $block = do_blocks('<!-- wp:projectionist/board {"halls":["h2"],"theme":"light"} /-->');
        self::assertMatchesRegularExpression('/<hall-board [^>]* halls="h2" theme="light" quiet/', $block);
    }

    /** @dataProvider notAllowed */
    public function testOthersAreToldWhyTheySeeNone(string $who, string $words): void
    {
        $who === '' ? wp_set_current_user(0) : $this->signIn($who);
        foreach ([do_shortcode('[projectionist]'), do_blocks('<!-- wp:projectionist/board /-->')] as $html) {
            self::assertStringContainsString($words, $html);
            foreach (['hall-board', 'nonce', 'booth.example'] as $hidden) {
                self::assertStringNotContainsString($hidden, $html);
            }
        }
    }

    public function notAllowed(): array
    {
        return [['', 'Sign in to see the halls.'], ['guest', 'You may not see the halls.']];
    }

    public function testABoardOfASiteThatIsNotConnectedSaysSo(): void
    {
        $this->signIn('manager');
        self::assertStringContainsString('is not connected', do_shortcode('[projectionist site="odeon"]'));
    }

    public function testWithoutABoothThePageLeadsWhoeverCanToTheSettings(): void
    {
        Sites::keep([]);
        foreach (['admin' => true, 'manager' => false] as $who => $leads) {
            $this->signIn($who);
            ob_start();
            BoardPage::show();
            self::assertSame($leads, str_contains((string) ob_get_clean(), 'page=projectionist-settings'));
        }
    }

    public function testAnAddressThatWasPlayedWithShowsTheBoard(): void
    {
        $this->signIn('manager');
        $_GET = ['site' => ['x'], 'hall' => '"><script>'];
        ob_start();
        BoardPage::show();
        $html = (string) ob_get_clean();
        self::assertStringContainsString('<hall-board', $html);
        self::assertStringNotContainsString('<script', $html);
    }
}
