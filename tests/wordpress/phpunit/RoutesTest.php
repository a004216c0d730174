<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;

final class RoutesTest extends PluginTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->signIn('operator');
    }

    public function testABoardIsPassedOnAsTheBoothSaysIt(): void
    {
        $this->booth->answers['/api/v1/halls'] = [200, '{"site":{"pos":3,"empty":{},"list":[]},"halls":[]}'];
        $answer = $this->rest('GET', '/sites/rialto/halls');
        self::assertSame('{"site":{"pos":3,"empty":{},"list":[]},"halls":[]}', wp_json_encode($answer->get_data()));
        self::assertSame('no-store', $answer->get_headers()['Cache-Control']);
    }

    public function testManyWhoLookAtOnceAreOneQuestion(): void
    {
        foreach (range(1, 5) as $each) {
            $this->rest('GET', '/sites/rialto/halls');
        }
        self::assertCount(1, $this->booth->asked);
    }

    public function testOnlyWhatIsKnownIsPassedOn(): void
    {
        $this->booth->answers['/api/v1/events'] = [200, ['events' => [], 'next' => null]];
        $this->rest('GET', '/sites/rialto/events', ['hall' => 'h1', 'limit' => '25', 'token' => 'x', 'rest_route' => 'y']);
        self::assertSame('http://booth.example:8000/api/v1/events?hall=h1&limit=25', $this->booth->asked[0]['url']);
    }

    /** @dataProvider wrong */
    public function testWhatIsNotWhatItMustBeIsRefusedHere(string $method, string $path, array $sent): void
    {
        self::assertSame(400, $this->rest($method, $path, $sent)->get_status());
        self::assertSame([], $this->booth->asked);
    }

    public function wrong(): array
    {
        return [
            ['GET', '/sites/rialto/events', ['hall' => '../x']],
            ['GET', '/sites/rialto/events', ['after' => '-1']],
            ['GET', '/sites/rialto/events', ['limit' => '9999']],
            ['GET', '/sites/rialto/halls/h1/at', ['ms' => 'now']],
            ['POST', '/sites/rialto/halls/h1/requests', ['verb' => 'start']],
            ['POST', '/sites/rialto/halls/h1/requests', ['verb' => 'emergency_stop']],
            ['POST', '/sites/rialto/halls/h1/requests', []],
            ['POST', '/sites/rialto/halls/h1/requests', ['verb' => 'acknowledge', 'args' => ['film break; rm']]],
            ['POST', '/sites/rialto/halls/h1/requests', ['verb' => 'reset', 'id' => 'no uuid']],
        ];
    }

    public function testWhatIsAskedCarriesThePersonsNameAndTheirArguments(): void
    {
        $this->booth->answers['/api/v1/halls/h2/requests'] = [200, ['stage' => 'done']];
        $id = '00000000-0000-4000-8000-000000000001';
        $answer = $this->rest('POST', '/sites/rialto/halls/h2/requests', ['id' => $id, 'verb' => 'shelve', 'args' => ['door_open', '30']]);
        self::assertSame('done', $answer->get_data()['stage']);
        $args = $this->booth->asked[0]['args'];
        self::assertSame('operator', $args['headers']['X-On-Behalf-Of']);
        self::assertSame(['verb' => 'shelve', 'args' => ['door_open', '30'], 'id' => $id], json_decode($args['body'], true));
    }

    /** WordPress finds a route whatever the case of its address; a booth's ids are small. */
    public function testAnAddressInCapitalsIsNotFound(): void
    {
        $request = '/sites/rialto/requests/00000000-0000-4000-8000-00000000000';
        foreach (['/sites/rialto/halls/H1/graph', '/sites/Rialto/halls', $request . 'A'] as $path) {
            self::assertSame(404, $this->rest('GET', $path)->get_status());
        }
        self::assertSame([], $this->booth->asked);
        $this->rest('GET', $request . 'a');
        self::assertCount(1, $this->booth->asked);
    }

    public function testTheAddressAloneSaysWhichHallIsMeant(): void
    {
        $this->booth->answers['/api/v1/halls/h2/requests'] = [200, ['stage' => 'done']];
        $this->rest('POST', '/sites/rialto/halls/h2/requests', ['verb' => 'reset', 'hall' => 'H1?', 'site' => 'odeon']);
        self::assertSame('http://booth.example:8000/api/v1/halls/h2/requests', $this->booth->asked[0]['url']);
    }

    public function testTheMachinesReasonComesThrough(): void
    {
        $this->booth->answers['/api/v1/halls/h2/requests'] = [422, ['error' => ['words' => 'There is no alarm door_open.']]];
        $answer = $this->rest('POST', '/sites/rialto/halls/h2/requests', ['verb' => 'acknowledge', 'args' => ['door_open']]);
        self::assertSame([422, 'There is no alarm door_open.'], [$answer->get_status(), $answer->get_data()['message']]);
    }

    /**
     * To a browser 502 means that its question may have been heard, and is to be asked again; 424 that it was refused.
     *
     * @dataProvider away
     */
    public function testABoothThatIsAwayIsToldOfInNeutralWords($answer, int $status): void
    {
        $this->booth->answers['/api/v1/halls'] = $answer;
        $told = $this->rest('GET', '/sites/rialto/halls');
        self::assertSame($status, $told->get_status());
        foreach (['booth.example', '8000', 'cURL', 'prj_', '0123456789ab', 'token is not known'] as $secret) {
            self::assertStringNotContainsString($secret, $this->text($told));
        }
    }

    public function away(): array
    {
        return [
            [new WP_Error('http', 'cURL error 7: Failed to connect to booth.example port 8000'), 502],
            [[500, 'Traceback'], 502],
            [[401, ['error' => ['words' => 'This token is not known here']]], 424],
            [[403, ['error' => ['words' => 'wordpress may look; this needs the scope operate.']]], 424],
        ];
    }

    public function testWhileABoothIsSilentNobodyElseWaitsForIt(): void
    {
        $this->booth->answers['/api/v1/halls'] = new WP_Error('http', 'cURL error 7: Failed to connect');
        foreach (range(1, 5) as $each) {
            self::assertSame(502, $this->rest('GET', '/sites/rialto/halls')->get_status());
        }
        self::assertSame(502, $this->rest('POST', '/sites/rialto/stream/tickets')->get_status());
        self::assertCount(1, $this->booth->asked);
    }

    /** @dataProvider wrongInOnePlace */
    public function testOneBadAnswerSilencesNothingElse($answer, int $asked): void
    {
        $this->booth->answers['/api/v1/halls/h1/past'] = $answer;
        $this->booth->answers['/api/v1/stream/tickets'] = [200, ['ticket' => 't']];
        $this->booth->answers['/api/v1/halls/h1/requests'] = [200, ['stage' => 'done']];
        foreach (range(1, 3) as $each) {
            self::assertSame(502, $this->rest('GET', '/sites/rialto/halls/h1/past')->get_status());
        }
        self::assertCount($asked, $this->booth->asked);
        self::assertSame(200, $this->rest('GET', '/sites/rialto/halls')->get_status());
        self::assertSame(200, $this->rest('POST', '/sites/rialto/stream/tickets')->get_status());
        self::assertSame(200, $this->rest('POST', '/sites/rialto/halls/h1/requests', ['verb' => 'reset'])->get_status());
    }

    public function wrongInOnePlace(): array
    {
        return [
            'an error, which keeps nobody waiting' => [[500, 'Traceback'], 3],
            'more than is read' => [[200, '{"states": ['], 3],
            'too slow: others do not wait for the same' => [
                new WP_Error('http', 'cURL error 28: Operation timed out after 3001 milliseconds with 0 bytes received'), 1,
            ],
        ];
    }

    public function testASiteThatIsNotConnectedIsNotFound(): void
    {
        self::assertSame(404, $this->rest('GET', '/sites/odeon/halls')->get_status());
    }

    public function testTheBadgeCountsCausesThatNobodyHasAcknowledged(): void
    {
        self::assertSame(['unacknowledged' => 1], $this->rest('GET', '/alarms')->get_data());
        $this->forget();
        $this->booth->quiet();
        self::assertSame(['unacknowledged' => 0], $this->rest('GET', '/alarms')->get_data());
        $this->forget();
        $this->booth->answers['/api/v1/halls'] = new WP_Error('http', 'away');
        self::assertSame(['unacknowledged' => null], $this->rest('GET', '/alarms')->get_data());
    }

    public function testTheBadgeDoesNotCallInOrderWhatIsNotKnown(): void
    {
        $this->booth->quiet();
        $board = &$this->booth->answers['/api/v1/halls'][1];
        $now = $board;
        foreach (['dead', 'never'] as $runtime) {
            $board['site']['runtime'] = $runtime;
            $this->forget();
            self::assertSame(['unacknowledged' => null], $this->rest('GET', '/alarms')->get_data());
        }
        $board = $now;
        $board['halls'][0]['live'] = false;
        $this->forget();
        self::assertSame(['unacknowledged' => null], $this->rest('GET', '/alarms')->get_data());
        $board = $now;
        Sites::keep(Sites::all() + ['odeon' => new Site('odeon', 'http://odeon.example')]); // nobody answers there
        $this->forget();
        self::assertSame(['unacknowledged' => null], $this->rest('GET', '/alarms')->get_data());
    }

    public function testWhoeverAsksForTheFirstTimeGetsTheBoard(): void
    {
        $said = $this->rest('GET', '/sites/rialto/changes')->get_data();
        self::assertNull($said['events']);
        self::assertCount(2, $said['halls']);
    }

    public function testChangesNeverShowHallsThatAreOlderThanTheirRows(): void
    {
        $this->rest('GET', '/sites/rialto/halls'); // remembered, at position 7
        $this->booth->answers['/api/v1/events'] = [200, ['events' => [['pos' => 8], ['pos' => 9]], 'next' => 9]];
        $this->booth->answers['/api/v1/halls'][1]['site']['pos'] = 9;
        $said = $this->rest('GET', '/sites/rialto/changes', ['after' => '7'])->get_data();
        self::assertSame([9, true], [$said['site']->pos, $said['more']]);
        $urls = array_column($this->booth->asked, 'url');
        self::assertSame('http://booth.example:8000/api/v1/events?after=7&limit=200', $urls[1]);
        self::assertSame('http://booth.example:8000/api/v1/halls', $urls[2]);
    }

    public function testChangesAskTheBoothTwiceAtMost(): void
    {
        $this->booth->answers['/api/v1/events'] = [200, ['events' => [['pos' => 8]], 'next' => null]];
        $this->rest('GET', '/sites/rialto/changes', ['after' => '7']); // the halls there are at position 7 still
        self::assertCount(2, $this->booth->asked);
    }

    public function testChangesShowHallsThatWereReadAMomentBeforeWhereNothingHasHappened(): void
    {
        $this->rest('GET', '/sites/rialto/halls');
        $this->booth->answers['/api/v1/events'] = [200, ['events' => [], 'next' => null]];
        self::assertCount(2, $this->rest('GET', '/sites/rialto/changes', ['after' => '7'])->get_data()['halls']);
        self::assertCount(2, $this->booth->asked);
    }
}
