<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\BoothError;
use Projectionist\Booth\Client;
use Projectionist\Booth\Late;
use Projectionist\Booth\Path;
use Projectionist\Booth\Refused;
use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Unanswered;
use Projectionist\Booth\Unreached;

final class ClientTest extends PluginTestCase
{
    private function client(): Client
    {
        return new Client(Sites::get('rialto'));
    }

    public function testItAsksWithTheTokenAndALimitAndFollowsNoRedirect(): void
    {
        $this->client()->get(Path::HALLS);
        ['url' => $url, 'args' => $args] = $this->booth->asked[0];
        self::assertSame('http://booth.example:8000/api/v1/halls', $url);
        self::assertSame('Bearer ' . self::TOKEN, $args['headers']['Authorization']);
        self::assertSame(3, (int) $args['timeout']);
        self::assertSame(0, $args['redirection']);
        self::assertArrayNotHasKey('X-On-Behalf-Of', $args['headers']);
    }

    public function testItNamesThePersonWhomItAsksFor(): void
    {
        $this->booth->answers['/api/v1/halls/h2/requests'] = [200, ['stage' => 'done']];
        $this->client()->post(Path::ASK, ['hall' => 'h2'], ['verb' => 'reset'], 'jürgen k');
        ['method' => $method, 'args' => $args] = $this->booth->asked[0];
        self::assertSame('POST', $method);
        self::assertSame('j%C3%BCrgen%20k', $args['headers']['X-On-Behalf-Of']);
        self::assertSame('{"verb":"reset"}', $args['body']);
    }

    public function testNoOtherPathCanBeAskedFor(): void
    {
        foreach ([['/tokens', []], [Path::GRAPH, ['hall' => '../../tokens']], [Path::GRAPH, ['hall' => 'h1?x=']]] as [$path, $places]) {
            try {
                $this->client()->get($path, $places);
                self::fail("$path was asked for");
            } catch (InvalidArgumentException $wrong) {
                self::assertSame([], $this->booth->asked);
            }
        }
    }

    /** @dataProvider silent */
    public function testWhatIsNoAnswerIsNone($answer): void
    {
        $this->booth->answers['/api/v1/site'] = $answer;
        $this->expectException(Unanswered::class);
        $this->client()->get(Path::SITE);
    }

    public function silent(): array
    {
        return [
            'nobody' => [new WP_Error('http', 'cURL error 7: refused')],
            'a proxy' => [[502, '<h1>Bad gateway</h1>']],
            'a redirect' => [[302, '']],
            'no JSON' => [[200, '<p>hello</p>']],
            'a list' => [[200, [1, 2]]],
            'a server in trouble' => [[503, ['error' => ['words' => 'The database does not answer.']]]],
        ];
    }

    /** Real sockets and WordPress's own transport: its words are what the two are told apart by. */
    public function testNoConnectionIsToldFromAnAnswerThatIsLate(): void
    {
        remove_filter('pre_http_request', [$this->booth, 'answer']);
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        $url = 'http://' . stream_socket_get_name($silent, false);
        self::assertInstanceOf(Late::class, $this->failure($url));
        fclose($silent);
        self::assertInstanceOf(Unreached::class, $this->failure($url));
    }

    private function failure(string $url): ?BoothError
    {
        try {
            (new Client(new Site('rialto', $url)))->get(Path::SITE);
        } catch (BoothError $wrong) {
            return $wrong;
        }
        return null;
    }

    public function testARefusalKeepsItsStatusAndItsSentence(): void
    {
        $this->booth->answers['/api/v1/site'] = [409, ['error' => ['words' => 'The id was used for another request.']]];
        try {
            $this->client()->get(Path::SITE);
            self::fail('it was answered');
        } catch (Refused $refused) {
            self::assertSame([409, 'The id was used for another request.'], [$refused->getCode(), $refused->getMessage()]);
            self::assertFalse($refused->isOfToken());
        }
    }

    public function testTheTransportsWordsNeverQuoteTheToken(): void
    {
        $this->booth->answers['/api/v1/site'] = new WP_Error('http', 'Cannot send "Bearer ' . self::TOKEN . '"');
        try {
            $this->client()->get(Path::SITE);
        } catch (BoothError $wrong) {
            self::assertSame('Cannot send "Bearer …"', $wrong->getMessage());
        }
    }
}
