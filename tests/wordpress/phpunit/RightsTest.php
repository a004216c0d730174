<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Rights;
use Projectionist\Settings\Saving;

final class RightsTest extends PluginTestCase
{
    public function testAfterActivationOnlyAdministratorsSeeTheHalls(): void
    {
        Rights::takeAll();
        Rights::giveAtFirst();
        $levels = array_map([Rights::class, 'levelOf'], wp_roles()->role_objects);
        self::assertSame(['administrator' => 'operate'], array_diff($levels, ['none']));
    }

    public function testWhatWasMappedOutlivesAnotherActivation(): void
    {
        Saving::map(['administrator' => 'view']);
        Rights::giveAtFirst();
        self::assertSame('view', Rights::levelOf(get_role('administrator')));
    }

    public function testALevelHoldsThoseBelowIt(): void
    {
        Saving::map(['editor' => 'operate']);
        $this->signIn('manager');
        self::assertTrue(current_user_can(Rights::VIEW) && current_user_can(Rights::OPERATE));
        Saving::map(['editor' => 'none']);
        $this->signIn('guest');
        $this->signIn('manager');
        self::assertFalse(current_user_can(Rights::VIEW) || current_user_can(Rights::OPERATE));
    }

    public function testWhatIsNoLevelAndNoRoleChangesNothing(): void
    {
        Saving::map(['editor' => 'everything', 'nobody' => 'operate', 'author' => ['operate']]);
        self::assertSame('view', Rights::levelOf(get_role('editor')));
        self::assertSame('operate', Rights::levelOf(get_role('author')));
        self::assertNull(get_role('nobody'));
    }

    /** @return array<string, array{string, string, string, array<string, int>}> who gets which status */
    public function routes(): array
    {
        $view = ['' => 401, 'guest' => 403, 'manager' => 200, 'operator' => 200];
        $operate = ['' => 401, 'guest' => 403, 'manager' => 403, 'operator' => 200];
        $manage = ['' => 401, 'guest' => 403, 'manager' => 403, 'operator' => 403, 'admin' => 200];
        $site = '/sites/rialto';
        return [
            'sites' => ['GET', '/sites', '', $view],
            'alarms' => ['GET', '/alarms', '', $view],
            'site' => ['GET', "$site/site", '', $view],
            'halls' => ['GET', "$site/halls", '', $view],
            'graph' => ['GET', "$site/halls/h1/graph", '/api/v1/halls/h1/graph', $view],
            'past' => ['GET', "$site/halls/h1/past", '/api/v1/halls/h1/past', $view],
            'at' => ['GET', "$site/halls/h1/at", '/api/v1/halls/h1/at', $view],
            'events' => ['GET', "$site/events", '/api/v1/events', $view],
            'changes' => ['GET', "$site/changes", '', $view],
            'ticket' => ['POST', "$site/stream/tickets", '/api/v1/stream/tickets', $view],
            'ask' => ['POST', "$site/halls/h1/requests", '/api/v1/halls/h1/requests', $operate],
            'asked' => [
                'GET',
                "$site/requests/00000000-0000-0000-0000-000000000001",
                '/api/v1/requests/00000000-0000-0000-0000-000000000001',
                $operate,
            ],
            'test' => ['POST', "$site/test", '', $manage],
            'health' => ['GET', '/health', '', $manage],
        ];
    }

    /** @dataProvider routes */
    public function testEachRouteIsForWhoeverMay(string $method, string $path, string $upstream, array $statuses): void
    {
        if ($upstream !== '') {
            $this->booth->answers[$upstream] = [200, ['events' => []]];
        }
        foreach ($statuses as $who => $status) {
            $who === '' ? wp_set_current_user(0) : $this->signIn($who);
            $asked = count($this->booth->asked);
            $answer = $this->rest($method, $path, $method === 'POST' ? ['verb' => 'reset'] : []);
            self::assertSame($status, $answer->get_status(), "$path for '$who'");
            if ($status !== 200) {
                self::assertCount($asked, $this->booth->asked, "a booth was asked for '$who'");
                self::assertSame(['code', 'message', 'data'], array_keys($answer->get_data()));
            }
        }
    }

    /** @dataProvider routes */
    public function testNoRouteAnswersWithoutANonce(string $method, string $path): void
    {
        $this->signIn('admin');
        self::assertSame(401, $this->rest($method, $path, ['verb' => 'reset'], false)->get_status());
        self::assertSame([], $this->booth->asked);
    }

    /** Every route that we registered stands in the table above: none is forgotten. */
    public function testTheTableKnowsEachRoute(): void
    {
        $known = array_filter(array_keys(rest_get_server()->get_routes('projectionist/v1')), static fn ($route) => substr_count($route, '/') > 2);
        self::assertCount(count($known), $this->routes());
    }

    public function testTheIndexTellsNobodyOfThem(): void
    {
        $index = rest_get_server()->dispatch(new WP_REST_Request('GET', '/projectionist/v1'));
        self::assertSame(['/projectionist/v1'], array_keys($index->get_data()['routes']));
    }
}
