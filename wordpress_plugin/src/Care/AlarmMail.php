<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Care;

use Projectionist\Booth\Alarm;
use Projectionist\Booth\BoothError;
use Projectionist\Booth\Hall;
use Projectionist\Booth\Reading;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Snapshot;
use Projectionist\Rights;
use WP_User;

/**
 * Looks once a minute, and sends each new alarm to whoever asked for it on their profile.
 */
final class AlarmMail
{
    public const EVENT = 'projectionist_look';
    public const WANTED = 'projectionist_alarm_mail';
    private const EVERY = 'projectionist_minute';

    public static function hook(): void
    {
        add_filter('cron_schedules', [self::class, 'everyMinute']);
        add_action(self::EVENT, [self::class, 'look']);
    }

    /**
     * @param array<string, array<string, mixed>> $schedules
     * @return array<string, array<string, mixed>>
     */
    public static function everyMinute(array $schedules): array
    {
        $schedules[self::EVERY] = ['interval' => MINUTE_IN_SECONDS, 'display' => __('Once a minute', 'projectionist')];
        return $schedules;
    }

    public static function begin(): void
    {
        if (wp_next_scheduled(self::EVENT) === false) {
            wp_schedule_event(time(), self::EVERY, self::EVENT);
        }
    }

    public static function rest(): void
    {
        wp_clear_scheduled_hook(self::EVENT);
    }

    /** Mail what is new. An alarm is told once; when it is over and comes again it is another one. */
    public static function look(): void
    {
        $told = new Told();
        $people = self::people();
        foreach (Sites::all() as $site) {
            try {
                $booth = (new Reading($site))->snapshot();
            } catch (BoothError $wrong) {
                $told->stillWaits($site->id());
                continue;
            }
            foreach ($booth->halls() as $hall) {
                foreach ($hall->unacknowledged() as $alarm) {
                    $key = implode(' ', [$site->id(), $hall->id(), $alarm->name(), $alarm->sinceMs()]);
                    foreach ($people as $person) {
                        $told->once($key, $person, static fn (): bool => self::tell($booth, $hall, $alarm, $person));
                    }
                }
            }
        }
        $told->forgetWhatIsOver();
    }

    /** @return list<WP_User> */
    private static function people(): array
    {
        $wanting = get_users(['meta_key' => self::WANTED, 'meta_value' => '1']);
        return array_values(array_filter($wanting, static fn (WP_User $user): bool => $user->has_cap(Rights::VIEW)));
    }

    /** Whether the mail is on its way. */
    private static function tell(Snapshot $booth, Hall $hall, Alarm $alarm, WP_User $person): bool
    {
        $since = wp_date('H:i:s', intdiv($alarm->sinceMs(), 1000), timezone_open($booth->zone()) ?: null);
        /* translators: 1: name of a cinema, 2: name of a hall, 3: what happened */
        $subject = sprintf(__('%1$s, %2$s: %3$s', 'projectionist'), $booth->name(), $hall->name(), $alarm->words());
        /* translators: 1: name of a hall, 2: what happened, 3: a time of day, 4: address of the board */
        $body = sprintf(
            __("%1\$s: %2\$s.\nSince %3\$s; nobody has acknowledged it.\n\nThe board: %4\$s\n\nYou asked for this on your profile.", 'projectionist'),
            $hall->name(),
            ucfirst($alarm->words()),
            (string) $since,
            admin_url('admin.php?page=projectionist')
        );
        return wp_mail($person->user_email, $subject, $body);
    }
}
