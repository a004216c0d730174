<?php

/* SPDX-License-Identifier: Apache-2.0 */

declare(strict_types=1);

use Projectionist\Booth\Sites;
use Projectionist\Care\AlarmMail;
use Projectionist\Leaving;
use Projectionist\Plugin;

/** Last by its name: what it takes away the others need. */
final class UninstallTest extends PluginTestCase
{
    /** @return array<string, list<string>> all that a plugin could leave in a WordPress */
    private function everything(): array
    {
        global $wpdb;
        wp_cache_flush();
        $capabilities = [];
        foreach (wp_roles()->role_objects as $role) {
            $capabilities = array_merge($capabilities, array_keys($role->capabilities));
        }
        return [
            'options' => $wpdb->get_col("SELECT option_name FROM {$wpdb->options} WHERE option_name NOT LIKE '_site_transient%' ORDER BY 1"),
            'usermeta' => $wpdb->get_col("SELECT DISTINCT meta_key FROM {$wpdb->usermeta} ORDER BY 1"),
            'tables' => $wpdb->get_col('SHOW TABLES'),
            'capabilities' => array_values(array_unique($capabilities)),
            'cron' => array_merge(...array_map('array_keys', array_filter(_get_cron_array(), 'is_array'))),
        ];
    }

    public function testNothingIsLeftBehind(): void
    {
        Leaving::clean();
        $before = $this->everything();
        self::assertStringNotContainsString('projectionist_', (string) wp_json_encode(array_diff_key($before, ['cron' => 1])));

        Plugin::activated();
        parent::setUp();
        $this->signIn('manager');
        update_user_meta(get_current_user_id(), AlarmMail::WANTED, '1');
        self::assertSame(200, $this->rest('GET', '/sites/rialto/halls')->get_status());
        AlarmMail::look();
        $this->booth->answers['/api/v1/site'] = new WP_Error('http', 'away');
        self::assertSame(502, $this->rest('GET', '/sites/rialto/site')->get_status());
        $written = $this->everything();
        foreach (['projectionist_sites', 'projectionist_tokens', 'projectionist_told'] as $option) {
            self::assertContains($option, $written['options']);
        }
        self::assertContains('projectionist_look', $written['cron']);
        self::assertNotSame($before['usermeta'], $written['usermeta']);

        uninstall_plugin('projectionist/projectionist.php');
        self::assertSame($before, $this->everything());
        self::assertSame([], Sites::all());
    }
}
